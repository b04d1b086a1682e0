/* Shortcuts of single keys. What they do stands in the page: data-go="r" is where “g r” leads,
   data-key="n" what “n” presses (several keys with spaces between them), data-row a row for j, k and x;
   “/” goes to the search field.

   They never act while somebody types, with Ctrl, Alt or Meta held, or behind an open dialog, and each
   person can turn them off in the list of shortcuts (WCAG 2.1.4). Without this script nothing is missing. */
(() => {
  "use strict";

  const sheet = document.getElementById("shortcuts");
  if (!sheet) return;
  const SWITCH = "wukong-shortcuts";
  const TOGETHER = 1500; // milliseconds between g and the key after it
  const TYPES = "textarea, select, [contenteditable]:not([contenteditable=false]), [role=textbox], "
    + "input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range])";
  const toggle = document.getElementById("shortcuts-on");
  let kept = null;
  try { kept = localStorage.getItem(SWITCH); } catch { /* a browser that keeps nothing */ }
  toggle.checked = kept !== "off";
  let begun = -Infinity; // when g was pressed
  let current = null; // the row that j and k stand at, by the id of its link: lists refresh

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
  const linkOf = (row) => row.querySelector("a[href]");
  const seen = (selector) => [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());

  function open() {
    if (!sheet.open) sheet.showModal();
  }

  function place(all) {
    const focused = all.findIndex((row) => row.contains(document.activeElement));
    return focused >= 0 ? focused : all.findIndex((row) => current && linkOf(row)?.id === current);
  }

  function move(by) {
    const all = rows();
    if (!all.length) return false;
    const at = place(all);
    const link = linkOf(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]);
    current = link.id || null;
    link.focus();
    return true;
  }

  function tick() {
    const all = rows();
    const box = all[place(all)]?.querySelector("input[type=checkbox]");
    box?.click();
    return Boolean(box);
  }

  function search() {
    const field = seen("input[type=search]");
    field?.focus();
    field?.select();
    return Boolean(field);
  }

  function press(element) {
    element?.click();
    return Boolean(element);
  }

  const acts = {
    "?": () => { open(); return true; },
    "/": search,
    g: () => { begun = performance.now(); return true; },
    j: () => move(1),
    k: () => move(-1),
    x: tick,
  };

  function act(key) {
    const second = performance.now() - begun < TOGETHER;
    begun = -Infinity;
    if (!/^([a-z0-9/?]|Arrow(Left|Right))$/.test(key)) return false;
    if (second) return press(document.querySelector(`[data-go="${CSS.escape(key)}"]`));
    if (Object.hasOwn(acts, key)) return acts[key]();
    return press(seen(`[data-key~="${key}"]`));
  }

  document.addEventListener("keydown", (event) => {
    if (!toggle.checked || event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest?.(TYPES) || document.querySelector("dialog[open]")) return;
    if (["Shift", "CapsLock"].includes(event.key)) return; // on the way to ?
    if (act(event.key)) event.preventDefault();
  });

  toggle.addEventListener("change", () => {
    try {
      if (toggle.checked) localStorage.removeItem(SWITCH);
      else localStorage.setItem(SWITCH, "off");
    } catch { /* it holds for this page */ }
  });
  let opener = null;
  for (const button of document.querySelectorAll("[data-shortcuts]")) {
    button.hidden = false;
    button.addEventListener("click", () => { opener = button; open(); });
  }
  sheet.addEventListener("close", () => { // the menu that holds the button may be folded by now
    if (!opener) return;
    (opener.checkVisibility() ? opener : opener.closest("details")?.querySelector("summary"))?.focus();
    opener = null;
  });
})();
