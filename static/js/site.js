// Small behaviours shared by every page, all driven by data- attributes. Nothing here is needed to
// use the site: without it, times stand still and the copy buttons stay hidden.
"use strict";

// The words of the page's language come as a script of their own (`page-words`); where that did not
// arrive, everything works in English.
window.gettext ??= (words) => words;
window.ngettext ??= (one, many, count) => (count === 1 ? one : many);
window.interpolate ??= (words, values) => words.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

const studio = (window.studio = {
  /** Show a short message that goes away by itself. Level: "good", "warning" or "error". */
  toast(text, level = "good") {
    const toast = document.createElement("div");
    toast.className = `toast ${level}`;
    const words = document.createElement("span");
    words.textContent = text;
    toast.append(words);
    document.getElementById("toasts").append(toast);
    setTimeout(() => toast.remove(), level === "error" ? 12000 : 4000);
    return toast;
  },

  /** Say when something happened as a person would: "3 minutes ago", "in 2 hours". */
  relative(date) {
    const seconds = (date.getTime() - Date.now()) / 1000;
    const size = Math.abs(seconds);
    if (size < 45) return gettext("just now");
    const steps = [
      ["minute", 60],
      ["hour", 3600],
      ["day", 86400],
      ["month", 2629800],
      ["year", 31557600],
    ];
    let [unit, length] = steps[0];
    for (const [name, span] of steps) if (size >= span * 0.95) [unit, length] = [name, span];
    return new Intl.RelativeTimeFormat(document.documentElement.lang || "en", {
      numeric: "always",
    }).format(Math.round(seconds / length), unit);
  },

  /** A page or a part of one as a document; null where the site has no answer, or asks to sign in. */
  async page(address) {
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) return null;
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return null;
    }
  },
});

function freshen(root = document) {
  for (const time of root.querySelectorAll("time[data-relative]")) {
    const date = new Date(time.dateTime);
    const words = studio.relative(date);
    if (time.textContent !== words) time.textContent = words;
    const exact = date.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
    if (time.title !== exact) time.title = exact;
  }
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

freshen();
setInterval(() => document.visibilityState === "visible" && freshen(), 20000);
document.addEventListener("htmx:after:swap", () => freshen());

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const source = document.querySelector(copy.dataset.copy);
    const text = source.dataset.source ?? source.value ?? source.textContent; // as it was written
    try {
      await navigator.clipboard.writeText(text.trim());
      studio.toast(gettext("Copied."));
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      studio.toast(gettext("Marked. Press Ctrl+C to copy."), "warning");
    }
  }
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest(dismiss.dataset.dismiss).remove();
  for (const open of document.querySelectorAll("details:is(.menu, .confirm)[open]")) {
    if (!open.contains(event.target) || event.target.closest("[data-close]")) open.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details:is(.menu, .confirm)[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// The server could not do what a fragment asked for (a full disk, a locked database). The page stays
// as it is, with everything typed; a fragment that asks every few seconds says it once.
document.addEventListener("studio:fault", (event) => {
  const words = event.detail.message;
  const shown = [...document.querySelectorAll("#toasts .toast")];
  if (!shown.some((toast) => toast.textContent === words)) studio.toast(words, "error");
});

// A second click on a button that is already at work would do the work twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.matches("[data-busy]") || event.defaultPrevented || event.target.hasAttribute("hx-post")) return;
  button.dataset.idle = button.textContent;
  setTimeout(() => {
    button.disabled = true;
    button.textContent = button.dataset.busy;
  });
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("[data-busy][data-idle]")) {
    button.disabled = false;
    button.textContent = button.dataset.idle;
  }
});

// What was typed before the scripts were there, and what the browser puts back on reload, is not yet
// in the figures beside a form: ask for them as if it had just been typed.
document.addEventListener("htmx:after:init", (event) => {
  if (!event.target.matches("[data-follows]")) return;
  const told = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (!field.options) return field.type !== "file" && "defaultValue" in field && field.value !== field.defaultValue;
    const first = [...field.options].findIndex((one) => one.defaultSelected);
    return !field.multiple && field.selectedIndex !== Math.max(first, 0);
  };
  if ([...event.target.closest("form").elements].some(told)) event.target.dispatchEvent(new Event("change"));
});

// A form marked data-auto sends itself when a choice changes (its button is for no-script use).
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form) form.requestSubmit();
});
