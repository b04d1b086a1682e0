// Trying endpoints out on /v1/docs. The key lives in this tab's session storage only.
"use strict";

(() => {
  const STORE = "api-key";
  const LONGEST = 200_000;
  const key = document.getElementById("api-key");

  for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
  key.value = sessionStorage.getItem(STORE) ?? "";
  key.addEventListener("input", () => sessionStorage.setItem(STORE, key.value.trim()));

  /** The address and the options of the request that a form describes. */
  function requestOf(form) {
    const query = new URLSearchParams();
    const headers = { Authorization: `Bearer ${key.value.trim()}` };
    let path = form.dataset.path;
    let body;
    for (const input of form.querySelectorAll("[data-place]")) {
      const { place } = input.dataset;
      if (place === "path") {
        path = path.replace(`{${input.name}}`, encodeURIComponent(input.value.trim()));
      } else if (place === "query" && input.value.trim()) {
        query.set(input.name, input.value.trim());
      } else if (place === "body") {
        headers["Content-Type"] = "application/json";
        body = input.value;
      } else if (place === "form") {
        body ??= new FormData();
        body.append(input.name, input.type === "file" ? input.files[0] : input.value);
      }
    }
    const search = query.size ? `?${query}` : "";
    return [path + search, { method: form.dataset.method, headers, body, credentials: "omit" }];
  }

  function readable(text) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }

  async function send(form) {
    const status = form.querySelector("[data-status]");
    const answer = form.querySelector("[data-answer]");
    const button = form.querySelector("button");
    const begin = performance.now();
    const done = (response) =>
      `${response.status} ${response.statusText} · ${Math.round(performance.now() - begin)} ms`;
    button.disabled = true;
    status.textContent = "Sent…";
    answer.hidden = true;
    try {
      const response = await fetch(...requestOf(form));
      answer.hidden = false;
      answer.textContent = "";
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        if (answer.textContent.length < LONGEST) answer.textContent += part.value;
        status.textContent = done(response);
      }
      answer.textContent = readable(answer.textContent);
      status.textContent = done(response);
    } catch (error) {
      status.textContent = `No answer: ${error.message}`;
    } finally {
      button.disabled = false;
    }
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form.try")) return;
    event.preventDefault();
    if (key.value.trim()) {
      send(event.target);
    } else {
      event.target.querySelector("[data-status]").textContent = "Give a key above first.";
      key.focus();
    }
  });
})();
