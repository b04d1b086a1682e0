/* One conversation: follows its socket, shows turns and replies as they come, loads earlier ones. */
(() => {
  "use strict";

  const chat = document.getElementById("chat");
  const box = document.getElementById("text");
  const turns = document.getElementById("turns");
  const announcer = document.getElementById("announce");
  const errorLine = document.getElementById("composer-error");
  const toEnd = document.getElementById("to-end");
  const WRITING = gettext("is writing…");

  // -- the view follows the newest words unless the person has scrolled away --------------------
  let following = true;
  const gap = () => document.documentElement.scrollHeight - scrollY - innerHeight;
  const follow = () => { if (following) scrollTo({ top: document.documentElement.scrollHeight }); };
  addEventListener("scroll", () => {
    following = gap() < 80;
    toEnd.hidden = following;
  }, { passive: true });
  toEnd.addEventListener("click", () => { following = true; follow(); box.focus(); });
  chat.addEventListener("chat:sent", () => { following = true; });

  // -- earlier messages -----------------------------------------------------------------------------
  const earlier = document.getElementById("earlier-turns");
  earlier?.addEventListener("click", async (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const page = await studio.page(earlier.href);
    if (!page) {
      studio.toast(gettext("Earlier messages could not be loaded. Try again in a moment."), "error");
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

  function fragment(html) {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    return template.content.firstElementChild;
  }

  function replace(old, fresh) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const path = focused && (focused.id ? `#${focused.id}` : focused.value ? `[value="${CSS.escape(focused.value)}"]` : focused.tagName);
    const opened = [...old.querySelectorAll("details:not([id])")].map((one) => one.open);
    for (const one of old.querySelectorAll("details[id][open]")) fresh.querySelector(`#${CSS.escape(one.id)}`)?.setAttribute("open", "");
    for (const one of old.querySelectorAll("textarea[id]")) {
      const same = one.value !== one.defaultValue && fresh.querySelector(`#${CSS.escape(one.id)}`);
      if (same) same.value = one.value; // typed and not saved yet
    }
    old.replaceWith(fresh);
    fresh.querySelectorAll("details:not([id])").forEach((one, index) => { if (opened[index]) one.open = true; });
    for (const button of fresh.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
    if (focused) (fresh.querySelector(path) || box).focus({ preventScroll: true });
  }

  function announce(old, fresh) {
    const words = [];
    const notice = fresh.querySelector(".turn-notice");
    if (notice && !old?.querySelector(".turn-notice")) words.push(notice.textContent);
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
      if (wait && wait.textContent !== WRITING) wait.textContent = WRITING;
      follow();
    },

    wait(message) {
      const wait = document.querySelector(`#${CSS.escape(message.id)} [data-wait]`);
      if (wait) wait.textContent = message.words || gettext("is thinking…");
    },

    state(message) {
      revision = message.revision;
      chat.dataset.writing = String(message.busy);
      document.getElementById("stop").hidden = !message.busy;
      document.getElementById("send").hidden = message.busy;
      if (!message.busy && errorLine.dataset.code === "reply_in_progress") errorLine.textContent = "";
      const head = document.getElementById("chat-head");
      if (!head.querySelector("details[open]")) {
        const fresh = fragment(message.head);
        replace(head, fresh);
        window.htmx?.process(fresh);
      }
      if (chat.dataset.tab === "name") document.title = `${message.title} · Wukong Studio`;
      const entry = document.querySelector(`[data-conversation="${chat.dataset.id}"] [data-title]`);
      if (entry) entry.textContent = message.title;
    },
  };

  const linkState = document.getElementById("link-state");
  const LOST = gettext("The connection is gone; trying again. Nothing you write is lost.");
  let saying = 0;

  function link(words) {
    clearTimeout(saying);
    saying = 0;
    linkState.hidden = !words;
    linkState.textContent = words;
  }

  new window.WukongSocket(() => `${chat.dataset.socket}?revision=${revision}`, {
    opened() {
      chat.dataset.live = "true";
      link("");
    },
    message(message) { handlers[message.type]?.(message); },
    lost() {
      chat.dataset.live = "false";
      saying ||= setTimeout(() => link(LOST), 1500);
    },
    gone() {
      chat.dataset.live = "false";
      link(gettext("This conversation is not there any more."));
    },
  });

  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  if (location.hash === "" || location.hash === "#end") follow();
})();
