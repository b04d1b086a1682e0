/* The form of a new run: preset cards fill it, an adapter brings its usual rate and layers, and both
   leave alone what a person typed. Without this file the cards are links and the form works. */
(() => {
  "use strict";

  const form = document.getElementById("run-form");
  const source = document.getElementById("run-presets");
  if (!form || !source) return;
  const presets = JSON.parse(source.textContent);
  const cards = [...document.querySelectorAll("[data-preset]")];
  const touched = new Set();
  const KEPT = new Set(["q", "name", "dataset", "validation_dataset", "base"]);

  const fieldset = document.getElementById("run-form-fields");
  const tell = () => fieldset.dispatchEvent(new Event("change", { bubbles: false }));

  /** Give a control (or a group of them) a value. */
  function set(name, value) {
    const control = form.elements[name];
    if (!control) return;
    const nodes = control instanceof RadioNodeList ? [...control] : [control];
    const wanted = (Array.isArray(value) ? value : [value]).map(String);
    for (const node of nodes) {
      if (node.type === "checkbox" || node.type === "radio") node.checked = wanted.includes(node.value);
      else node.value = wanted[0];
    }
  }

  function choosePreset(preset) {
    for (const [name, value] of Object.entries(preset.values)) set(name, value);
    if (preset.epochs) {
      const dialogues = trainDialogues();
      const per = Number(form.elements.batch_size.value) * Number(form.elements.gradient_accumulation.value);
      if (dialogues && per) set("steps", Math.max(1, Math.ceil((preset.epochs * dialogues) / per)));
    }
    form.elements.preset.value = preset.name;
    touched.clear();
    fitBackends();
    mark();
    tell();
  }

  /** The data set's dialogues stand in the words of its option. */
  function trainDialogues() {
    const words = form.elements.dataset.selectedOptions[0]?.textContent || "";
    return Number(/\((\d+) [^()]*\)$/.exec(words.trim())?.[1] || 0);
  }

  function mark() {
    for (const card of cards) {
      if (card.dataset.preset === form.elements.preset.value) card.setAttribute("aria-current", "true");
      else card.removeAttribute("aria-current");
    }
  }

  for (const card of cards) {
    card.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      choosePreset(presets.find((preset) => preset.name === card.dataset.preset));
    });
  }

  /** A circuit runs only where its adapter allows; with a choice that it does not, take the first. */
  function fitBackends() {
    const adapter = form.querySelector("input[name=adapter]:checked");
    const allowed = (adapter?.dataset.backends || "").split(" ").filter(Boolean);
    if (!allowed.length) return;
    const radios = [...form.querySelectorAll("input[name=backend]")];
    for (const radio of radios) {
      radio.dataset.missing ??= radio.disabled ? "yes" : "";
      radio.disabled = Boolean(radio.dataset.missing) || !allowed.includes(radio.value);
    }
    const checked = radios.find((radio) => radio.checked);
    if (!checked || checked.disabled) {
      const first = radios.find((radio) => !radio.disabled);
      if (first) first.checked = true;
    }
  }

  form.addEventListener("input", (event) => {
    const name = event.target.name;
    if (!name) return;
    touched.add(name);
    if (!KEPT.has(name)) {
      form.elements.preset.value = "";
      mark();
    }
    if (name === "adapter") {
      if (!touched.has("learning_rate")) set("learning_rate", event.target.dataset.rate);
      if (!touched.has("targets")) set("targets", event.target.dataset.targets.split(" "));
      fitBackends();
    }
  });

  fitBackends();
  document.getElementById("form-problem")?.focus();
})();
