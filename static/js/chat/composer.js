/* What a person writes on a chat page: kept until it is accepted, sent without leaving the page.

   Without it every form still works: sending waits for the reply and shows the page again. What comes
   back is conversation.js's: it marks #chat with data-writing (a reply is being written) and data-live
   (new words come by themselves), and hears chat:sent. */
(() => {
  "use strict";

  const chat = document.getElementById("chat");
  const composer = document.getElementById("composer");
  const box = document.getElementById("text");
  const errorLine = document.getElementById("composer-error");

  // -- what is typed is kept until it is accepted ---------------------------------------------
  const draftKey = composer && `wukong-draft-${composer.dataset.draft}`;
  const store = {
    read: () => { try { return localStorage.getItem(draftKey) || ""; } catch { return ""; } },
    write(text) {
      try {
        if (text) localStorage.setItem(draftKey, text);
        else localStorage.removeItem(draftKey);
      } catch { /* private mode: the box itself still holds it */ }
    },
  };

  function grow() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, innerHeight * 0.4)}px`;
  }

  function complain(words, code = "") {
    if (!errorLine) return;
    errorLine.textContent = words;
    errorLine.dataset.code = code; // what a page that follows the reply may take away again
  }

  // -- sending ----------------------------------------------------------------------------------
  async function post(form, button) {
    const data = new FormData(form);
    if (button?.name) data.set(button.name, button.value);
    let answer;
    try {
      answer = await fetch(button?.getAttribute("formaction") || form.action, {
        method: "POST",
        body: data,
        headers: { "X-Requested-With": "fetch", "X-CSRFToken": csrf() },
      });
    } catch {
      throw new Error(gettext("The site does not answer. What you wrote is kept here; try again in a moment."));
    }
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/sign-in")) {
      throw new Error(gettext("You are signed out. What you wrote is kept; sign in again and send it."));
    }
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const unknown = answer.status === 404
        ? gettext("This conversation is not there any more. What you wrote is kept.")
        : interpolate(gettext("The site could not take this (%(status)s). What you wrote is kept; try again."), { status: answer.status }, true);
      throw Object.assign(new Error(body.error?.message || unknown), { code: body.error?.code });
    }
    return body;
  }

  const csrf = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value || "";

  let sending = false;
  async function send() {
    const text = box.value;
    if (sending || !text.trim() || chat.dataset.writing === "true") {
      if (chat.dataset.writing === "true") complain(gettext("A reply is being written. Esc stops it."), "reply_in_progress");
      return;
    }
    sending = true;
    complain("");
    const button = document.getElementById("send");
    const label = button.querySelector("span");
    button.disabled = true;
    label.textContent = gettext("Sending…");
    try {
      const body = await post(composer, null);
      store.write("");
      if (composer.dataset.draft === "new" || chat.dataset.before) {
        location.assign(body.location);
        return;
      }
      if (box.value === text) box.value = "";
      composer.elements.form_token.value = body.form_token;
      grow();
      chat.dispatchEvent(new Event("chat:sent"));
      box.focus();
    } catch (error) {
      complain(error.message, error.code);
    }
    sending = false;
    button.disabled = false;
    label.textContent = gettext("Send");
  }

  async function stop() {
    const button = document.getElementById("stop");
    button.disabled = true;
    try { await post(composer, button); } catch (error) { complain(error.message); }
    button.disabled = false;
    box.focus();
  }

  if (composer) {
    if (!box.value) box.value = store.read();
    grow();
    box.addEventListener("input", () => { store.write(box.value); complain(""); grow(); });
    addEventListener("resize", grow);
    box.addEventListener("keydown", (event) => {
      // While an input method is composing, Enter picks a word and must not send.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      send();
    });
    composer.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.submitter?.id === "stop") stop();
      else send();
    });
  }

  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && !open && chat.dataset.writing === "true") stop();
  });

  document.addEventListener("click", (event) => {
    const starter = event.target.closest("[data-starter]");
    if (!starter) return;
    box.value = starter.textContent;
    store.write(box.value);
    grow();
    box.focus();
  });
  const starters = document.getElementById("starters");
  if (starters) starters.hidden = false;

  // Small forms (another reply, vote, rename…): sent without leaving; the socket shows the result.
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-chat]");
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "true"; // a disabled button would lose the keyboard's place
    try {
      const body = await post(form, event.submitter);
      if (body.location && new URL(body.location, location).pathname !== location.pathname) {
        location.assign(body.location);
        return;
      }
      const menu = form.closest("details.menu");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
      if (chat.dataset.live !== "true") location.reload();
    } catch (error) {
      studio.toast(error.message, "error");
    }
    delete form.dataset.sending;
  });

  // Country choices carry their own token only when the page rendered them.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".country-form");
    if (!form || form.elements.csrfmiddlewaretoken) return;
    const token = document.createElement("input");
    Object.assign(token, { type: "hidden", name: "csrfmiddlewaretoken", value: csrf() });
    form.append(token);
  }, true);
  document.documentElement.classList.add("scripted");

  // On a small screen the list of conversations starts folded.
  const fold = document.getElementById("conversation-fold");
  if (fold && matchMedia("(max-width: 900px)").matches) fold.open = false;
})();
