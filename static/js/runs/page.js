/* A run's page: follows the run's numbered log and keeps state, buttons, curves, log and samples fresh.

   Every event has a number. The page carries the number it was rendered at; on every connection the
   socket is asked for what comes after the last one seen, so nothing is lost or drawn twice. */
(() => {
  "use strict";

  const root = document.getElementById("run");
  const curves = window.WukongCurves;
  const log = window.WukongLog;
  let lastSeq = curves.cursor;

  // -- state and buttons -------------------------------------------------------------------------

  const said = document.getElementById("run-said");
  let state = document.getElementById("run-status").dataset.state;

  /** After every new status: show the buttons that its state allows, and say a change of state. */
  function statusChanged() {
    const status = document.getElementById("run-status");
    const can = status.dataset.can.split(" ");
    for (const node of document.querySelectorAll("[data-needs]")) {
      const allowed = can.includes(node.dataset.needs);
      if (node.hidden === !allowed) continue;
      if (!allowed && node.contains(document.activeElement)) document.getElementById("main").focus();
      node.hidden = !allowed;
    }
    if (status.dataset.state !== state) {
      state = status.dataset.state;
      said.textContent = interpolate(gettext("The run is now: %(state)s."), { state: status.dataset.stateWords }, true);
      if (state === "succeeded") refreshChatLink();
      if (sign.dataset.state === "live") sayLive();
    }
  }

  /** The model's name exists only once the run has succeeded: take the link from a fresh page. */
  async function refreshChatLink() {
    const link = document.querySelector("[data-needs=chat]");
    const page = await studio.page(location.pathname);
    const fresh = page?.querySelector("[data-needs=chat]");
    if (fresh) link.setAttribute("href", fresh.getAttribute("href"));
  }

  new MutationObserver(statusChanged).observe(root, { childList: true });

  function setStatus(html) {
    const old = document.getElementById("run-status");
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("run-status");
    if (!fresh || old.isEqualNode(fresh)) return;
    const opened = [...old.querySelectorAll("details")].map((node) => node.open);
    [...fresh.querySelectorAll("details")].forEach((node, i) => { node.open = Boolean(opened[i]); });
    const bar = old.querySelector("progress");
    const next = fresh.querySelector("progress");
    old.replaceWith(fresh);
    if (bar && next && bar.hasAttribute("value") && next.hasAttribute("value")) {
      // keep the same bar, so that it moves instead of jumping
      bar.max = next.max;
      next.replaceWith(bar);
      requestAnimationFrame(() => { bar.value = next.value; });
    }
  }

  // -- parts that grow ---------------------------------------------------------------------------

  let growing = null;
  function grow() {
    clearTimeout(growing);
    growing = setTimeout(async () => {
      for (const address of root.dataset.parts.split(" ")) {
        const page = await studio.page(address);
        const fresh = page?.body.firstElementChild;
        const old = fresh && document.getElementById(fresh.id);
        if (!old) continue;
        for (const open of old.querySelectorAll("details[data-keep][open]")) {
          const twin = fresh.querySelector(`details[data-keep="${open.dataset.keep}"]`);
          if (twin) twin.open = true;
        }
        old.replaceWith(fresh);
        window.htmx?.process(fresh);
      }
    }, 400);
  }

  // -- the socket --------------------------------------------------------------------------------

  const sign = document.getElementById("run-connection");

  function connection(name, words) {
    sign.hidden = !words;
    sign.dataset.state = name;
    sign.textContent = words;
  }

  /** “Live” is said only where something may still come. */
  function sayLive() {
    const over = ["succeeded", "failed", "cancelled"].includes(state);
    connection("live", over ? "" : gettext("Live"));
  }

  function take(message) {
    const following = log.atEnd();
    let drawn = false;
    let parts = false;
    for (const event of message.events) {
      if (event.seq <= lastSeq) continue;
      lastSeq = event.seq;
      if (event.type === "metrics" || event.type === "evaluation") {
        curves[event.type](event.data);
        drawn = true;
      }
      if (["evaluation", "sample", "result", "checkpoint", "state"].includes(event.type)) parts = true;
      if (event.type === "state" || event.type === "warning") document.dispatchEvent(new Event("studio:run-told"));
      if (event.type !== "metrics" && event.type !== "sample") log.add(event);
    }
    lastSeq = Math.max(lastSeq, message.last_seq);
    setStatus(message.status);
    if (drawn) curves.changed();
    if (parts) grow();
    log.trim(following);
    if (following) log.toEnd();
  }

  new window.WukongSocket(() => `${root.dataset.socket}?after=${lastSeq}`, {
    opened: sayLive,
    message(message) { if (message.type === "events") take(message); },
    lost(failures) {
      connection("away", failures > 1 ? gettext("Reconnecting… what is shown may be old") : gettext("Reconnecting…"));
    },
    gone() { connection("gone", gettext("This run is not yours to follow any more. Reload the page.")); },
  });
})();
