// The chat page: sends without leaving, shows replies as they come, keeps what is typed.
// Without it every form still works: sending waits for the reply and shows the page again.
"use strict";

(() => {
  const chat = document.getElementById("chat");
  const composer = document.getElementById("composer");
  const box = document.getElementById("text");
  if (!chat) return;

  const NOT_FOUND = 4404;
  let socket = null;
  const turns = document.getElementById("turns");
  const announcer = document.getElementById("announce");
  const linkState = document.getElementById("link-state");
  const errorLine = document.getElementById("composer-error");
  const toEnd = document.getElementById("to-end");

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

  function complain(words) {
    if (errorLine) errorLine.textContent = words;
  }

  // -- the view follows the newest words unless the person has scrolled away --------------------
  let following = true;
  const gap = () => document.documentElement.scrollHeight - scrollY - innerHeight;
  const follow = () => { if (following) scrollTo({ top: document.documentElement.scrollHeight }); };
  if (turns) {
    addEventListener("scroll", () => {
      following = gap() < 80;
      toEnd.hidden = following;
    }, { passive: true });
    toEnd.addEventListener("click", () => { following = true; follow(); box.focus(); });
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
      throw new Error("The site does not answer. What you wrote is kept here; try again in a moment.");
    }
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/sign-in")) {
      throw new Error("You are signed out. What you wrote is kept; sign in again and send it.");
    }
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const unknown = answer.status === 404
        ? "This conversation is not there any more. What you wrote is kept."
        : `The site could not take this (${answer.status}). What you wrote is kept; try again.`;
      throw new Error(body.error?.message || unknown);
    }
    return body;
  }

  const csrf = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value || "";

  let sending = false;
  async function send() {
    const text = box.value;
    if (sending || !text.trim() || chat.dataset.writing === "true") {
      if (chat.dataset.writing === "true") complain("A reply is being written. Esc stops it.");
      return;
    }
    sending = true;
    complain("");
    const button = document.getElementById("send");
    const label = button.querySelector("span");
    button.disabled = true;
    label.textContent = "Sending…";
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
      following = true;
      box.focus();
    } catch (error) {
      complain(error.message);
    }
    sending = false;
    button.disabled = false;
    label.textContent = "Send";
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
    const button = event.submitter;
    if (button) button.disabled = true;
    try {
      const body = await post(form, button);
      if (body.location && new URL(body.location, location).pathname !== location.pathname) {
        location.assign(body.location);
        return;
      }
      const menu = form.closest("details.menu");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
      if (!socket || socket.readyState !== WebSocket.OPEN) location.reload();
    } catch (error) {
      studio.toast(error.message, "error");
    }
    if (button) button.disabled = false;
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

  if (!turns) return;

  // -- earlier messages -----------------------------------------------------------------------------
  const earlier = document.getElementById("earlier-turns");
  earlier?.addEventListener("click", async (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    let page;
    try {
      const answer = await fetch(earlier.href);
      if (!answer.ok || answer.redirected) throw new Error();
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      studio.toast("Earlier messages could not be loaded. Try again in a moment.", "error");
      return;
    }
    const height = document.documentElement.scrollHeight;
    following = false;
    turns.prepend(...page.querySelectorAll("#turns > .turn"));
    for (const button of turns.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
    scrollBy({ top: document.documentElement.scrollHeight - height, behavior: "instant" });
    const next = page.getElementById("earlier-turns");
    if (next) earlier.href = next.href;
    else earlier.parentElement.remove();
  });

  // -- the socket ---------------------------------------------------------------------------------
  if (chat.dataset.before) return; // a look at earlier messages: nothing new comes here
  let revision = Number(chat.dataset.revision);
  let attempt = 0;
  let lost = 0;

  function fragment(html) {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    return template.content.firstElementChild;
  }

  function replace(old, fresh) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const path = focused && (focused.id ? `#${focused.id}` : focused.value ? `[value="${CSS.escape(focused.value)}"]` : focused.tagName);
    const opened = [...old.querySelectorAll("details")].map((one) => one.open);
    old.replaceWith(fresh);
    fresh.querySelectorAll("details").forEach((one, index) => { if (opened[index]) one.open = true; });
    for (const button of fresh.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
    if (focused) (fresh.querySelector(path) || box).focus({ preventScroll: true });
  }

  function announce(old, fresh) {
    const words = [];
    const card = fresh.querySelector(".care-card");
    if (card && !old?.querySelector(".care-card")) words.push(card.innerText);
    for (const reply of fresh.querySelectorAll(".reply")) {
      const before = old?.querySelector(`#${CSS.escape(reply.id)}`);
      if (reply.dataset.state === "streaming" || !before || before.dataset.state === reply.dataset.state) continue;
      const note = reply.querySelector(".reply-note")?.textContent || "";
      words.push(`${reply.getAttribute("aria-label")}: ${reply.querySelector("[data-text]").textContent} ${note}`);
    }
    if (words.length) announcer.textContent = words.join("\n");
  }

  const handlers = {
    turn(message) {
      const fresh = fragment(message.html);
      const old = document.getElementById(`turn-${message.turn}`);
      announce(old, fresh);
      if (old) {
        // Text in progress stays as it is: the fragment is older than what was already shown.
        for (const reply of fresh.querySelectorAll('.reply[data-state="streaming"]')) {
          const shown = document.querySelector(`#${CSS.escape(reply.id)} [data-text]`);
          const text = reply.querySelector("[data-text]");
          if (shown && shown.textContent.length > text.textContent.length) text.textContent = shown.textContent;
        }
        replace(old, fresh);
      } else if (turns.lastElementChild && message.turn < Number(turns.lastElementChild.dataset.turn)) {
        return; // an earlier turn that is not shown here
      } else {
        turns.append(fresh);
        for (const older of turns.querySelectorAll(`.turn:not(#${fresh.id}) form[data-chat]:has(input[name=side])`)) older.remove();
      }
      follow();
    },

    text(message) {
      const reply = document.getElementById(message.id);
      if (!reply || reply.dataset.state !== "streaming") return;
      const place = reply.querySelector("[data-text]");
      place.textContent = place.textContent.slice(0, message.at) + message.text;
      const wait = reply.querySelector("[data-wait]");
      if (wait && wait.textContent !== "is writing…") wait.textContent = "is writing…";
      follow();
    },

    state(message) {
      revision = message.revision;
      chat.dataset.writing = String(message.busy);
      document.getElementById("stop").hidden = !message.busy;
      document.getElementById("send").hidden = message.busy;
      if (!message.busy && errorLine.textContent.includes("being written")) complain("");
      const head = document.getElementById("chat-head");
      if (!head.querySelector("details[open]")) {
        const fresh = fragment(message.head);
        replace(head, fresh);
        window.htmx?.process(fresh);
      }
      document.title = `${message.title} · Wukong Studio`;
      const entry = document.querySelector(`[data-conversation="${chat.dataset.id}"] [data-title]`);
      if (entry) entry.textContent = message.title;
    },
  };

  function connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}${chat.dataset.socket}?revision=${revision}`);
    socket.addEventListener("open", () => {
      attempt = 0;
      clearTimeout(lost);
      linkState.hidden = true;
    });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      handlers[message.type]?.(message);
    });
    socket.addEventListener("close", (event) => {
      if (event.code === NOT_FOUND) {
        linkState.textContent = "This conversation is not there any more.";
        linkState.hidden = false;
        return;
      }
      lost = setTimeout(() => {
        linkState.textContent = "The connection is gone; trying again. Nothing you write is lost.";
        linkState.hidden = false;
      }, 1500);
      attempt += 1;
      setTimeout(connect, Math.min(250 * 2 ** attempt, 8000) * (0.75 + Math.random() / 2));
    });
  }

  connect();
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  if (location.hash === "" || location.hash === "#end") follow();
})();
