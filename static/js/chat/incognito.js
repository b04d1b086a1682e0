/* An incognito talk: what was said is held in this page alone and sent along with each message.

   Nothing is put into localStorage, unlike elsewhere in the chat. Without this script the same form
   is sent whole, and the next page carries the talk on. */
(() => {
  "use strict";

  const form = document.getElementById("incognito-form");
  if (!form) return;
  const box = document.getElementById("text");
  const held = document.getElementById("talk");
  const turns = document.getElementById("turns");
  const sendButton = document.getElementById("send");
  const stopButton = document.getElementById("stop");
  const announcer = document.getElementById("announce");
  const errorLine = document.getElementById("composer-error");
  let talk = JSON.parse(held.value || "[]");
  let writing = null; // an AbortController

  function element(tag, name, words = "") {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = words;
    return made;
  }

  function turnOf(said) {
    const turn = element("li", "turn");
    const person = element("div", "said");
    const who = element("p", "visually-hidden", gettext("You"));
    const words = element("div", "said-text", said);
    words.dir = "auto";
    person.append(who, words);
    const replies = element("div", "replies");
    const reply = element("article", "reply");
    reply.setAttribute("aria-label", gettext("Reply"));
    const text = element("div", "reply-text");
    text.dir = "auto";
    const wait = element("p", "reply-wait", gettext("is thinking…"));
    reply.append(text, wait);
    replies.append(reply);
    turn.append(person, replies);
    turns.append(turn);
    const language = document.querySelector(".language");
    if (language) language.hidden = true; // another page would end the talk
    return { turn, person, replies, text, wait };
  }

  function show(view, exchange, line) {
    if (line.notice) {
      exchange.notice = line.notice;
      view.person.before(element("p", "turn-notice", line.notice));
    }
    if (line.html) {
      exchange.card = line.card;
      const template = document.createElement("template");
      template.innerHTML = line.html.trim();
      announcer.textContent = template.content.textContent.replace(/\s+/g, " ");
      view.replies.before(template.content);
    }
    if (line.quiet) {
      exchange.quiet = line.quiet;
      view.replies.before(element("p", "turn-notice", line.quiet));
    }
    if (line.unread) {
      Object.assign(exchange, { unread: true, told: line.told });
      view.turn.querySelector(".context-edge")?.remove();
      view.replies.insertAdjacentHTML("beforebegin", line.beginning);
    }
    if (line.text) {
      exchange.reply += line.text;
      view.text.textContent = exchange.reply;
      view.wait.textContent = gettext("is writing…");
    }
    if (line.problem) errorLine.textContent = line.problem;
    scrollTo({ top: document.documentElement.scrollHeight });
  }

  async function read(answer, take) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) take(JSON.parse(line));
    }
  }

  async function send() {
    const said = box.value.trim();
    if (!said || writing) return;
    errorLine.textContent = "";
    writing = new AbortController();
    held.value = JSON.stringify(talk);
    const data = new FormData(form);
    const exchange = { said, reply: "" };
    let view = null;
    sendButton.hidden = true;
    stopButton.hidden = false;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: data,
        headers: { "X-Requested-With": "fetch" },
        signal: writing.signal,
      });
      if (!answer.ok || answer.redirected) {
        const body = await answer.json().catch(() => ({}));
        throw new Error(body.error?.message || gettext("The site could not take this. What you wrote is still here."));
      }
      box.value = "";
      view = turnOf(said);
      await read(answer, (line) => show(view, exchange, line));
    } catch (error) {
      if (error.name !== "AbortError") {
        errorLine.textContent = view ? gettext("The connection broke off. What was written is kept here.") : error.message;
      }
    }
    if (view) {
      view.wait.remove();
      if (exchange.reply.trim()) {
        talk.push(exchange);
        announcer.textContent = interpolate(gettext("Reply: %(text)s"), { text: exchange.reply }, true);
      } else {
        // A card stays to be read; the message goes back into its box.
        if (!exchange.card) view.turn.remove();
        else talk.push(exchange);
        if (!exchange.card && !box.value) box.value = said;
      }
    }
    writing = null;
    sendButton.hidden = false;
    stopButton.hidden = true;
    box.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
  stopButton.addEventListener("click", () => writing?.abort());
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") writing?.abort(); });

  // A page that the browser kept for the way back still holds the words: it begins anew instead.
  addEventListener("pagehide", () => {
    writing?.abort();
    talk = [];
    held.value = "[]";
    turns.replaceChildren();
    box.value = "";
  });
})();
