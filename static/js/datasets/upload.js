// Uploads with a progress bar, and drag and drop. Without this script the page is a plain form.
"use strict";

(() => {
  const form = document.getElementById("upload-form");
  if (!form) return;
  const input = form.querySelector('input[type="file"]');
  const drop = form.querySelector("[data-drop]");
  const chosen = form.querySelector("[data-chosen]");
  const progress = form.querySelector("[data-progress]");
  const bar = progress.querySelector("progress");
  const amount = progress.querySelector("[data-amount]");
  const left = progress.querySelector("[data-left]");
  const stop = progress.querySelector("[data-stop]");
  const button = form.querySelector('button[type="submit"]');
  const limit = Number(form.dataset.maxBytes);
  let sending = null;

  const size = (bytes) =>
    bytes < 1024
      ? `${bytes} bytes`
      : bytes < 1024 ** 2
        ? `${(bytes / 1024).toFixed(1)} KB`
        : `${(bytes / 1024 ** 2).toFixed(1)} MB`;

  function clearErrors() {
    for (const old of form.querySelectorAll(".error, .notice.error")) old.remove();
    for (const control of form.querySelectorAll("[aria-invalid]")) {
      control.removeAttribute("aria-invalid");
    }
  }

  /** Show refusals beside their fields, open the part that holds them, and go to the first. */
  function showErrors(errors) {
    clearErrors();
    let first = null;
    for (const [name, messages] of Object.entries(errors)) {
      const field = form.querySelector(`#field-${CSS.escape(name)}`);
      const words = document.createElement(field ? "p" : "div");
      words.className = field ? "error" : "notice error";
      words.textContent = messages.join(" ");
      if (!field) {
        words.setAttribute("role", "alert");
        form.prepend(words);
        continue;
      }
      const control = field.querySelector("input, select, textarea");
      words.id = `${control.id}_error`;
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", words.id);
      field.append(words);
      field.closest("details")?.setAttribute("open", "");
      first ??= control;
    }
    first?.focus();
  }

  function show() {
    const file = input.files[0];
    chosen.hidden = !file;
    if (!file) return;
    chosen.textContent = `${file.name}, ${size(file.size)}`;
    clearErrors();
    if (file.size === 0) {
      showErrors({ file: [`${file.name} is empty (0 bytes). Choose a file with dialogues.`] });
    }
    if (file.size > limit) {
      showErrors({
        file: [`${file.name} has ${size(file.size)}; the limit is ${size(limit)}. Split the file, or ask the administrator for a higher limit.`],
      });
    }
    const name = form.querySelector('[name="name"]');
    if (!name.value || name.dataset.guessed === "yes") {
      name.value = file.name.replace(/\.[^.]+$/, "").slice(0, Number(name.maxLength) || 120).replace(/[\ud800-\udbff]$/, "");
      name.dataset.guessed = "yes";
    }
  }

  input.addEventListener("change", show);
  form.querySelector('[name="name"]').addEventListener("input", (event) => {
    event.target.dataset.guessed = "no";
  });

  let depth = 0;
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (!carriesFile(event)) return;
    depth += 1;
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!carriesFile(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) drop.classList.remove("over");
  });
  document.addEventListener("dragover", (event) => carriesFile(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    depth = 0;
    drop.classList.remove("over");
    if (sending || !event.dataTransfer.files.length) return;
    if (event.dataTransfer.files.length > 1) {
      studio.toast("One file at a time: the first one is chosen.", "warning");
    }
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    show();
    input.focus();
  });

  function rest(busy) {
    progress.hidden = !busy;
    button.disabled = busy;
    button.textContent = busy ? "Uploading…" : "Upload and check";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = input.files[0];
    if (!file) return showErrors({ file: ["Choose a file first, or drop one here."] });
    if (file.size > limit || file.size === 0) return show();
    clearErrors();
    const request = (sending = new XMLHttpRequest());
    const begun = performance.now();
    rest(true);
    bar.removeAttribute("value");
    amount.textContent = `0 of ${size(file.size)}`;
    left.textContent = "";
    request.upload.addEventListener("progress", (step) => {
      if (!step.lengthComputable) return;
      const share = step.loaded / step.total;
      bar.value = share;
      amount.textContent = `${size(step.loaded)} of ${size(step.total)} · ${Math.floor(share * 100)} %`;
      const seconds = ((performance.now() - begun) / 1000) * (1 / Math.max(share, 0.001) - 1);
      left.textContent = share >= 1 ? "Storing…" : seconds > 2 ? `${Math.ceil(seconds)} s left` : "";
    });
    request.addEventListener("load", () => {
      sending = null;
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = null;
      }
      if (request.status === 201 && answer?.url) {
        amount.textContent = "Uploaded.";
        left.textContent = "Opening it…";
        location.assign(answer.url);
        return;
      }
      rest(false);
      if (answer?.errors) showErrors(answer.errors);
      else if (answer?.error?.message) showErrors({ file: [answer.error.message] });
      else if (request.status === 403) {
        showErrors({ "": ["You were signed out, or this page was open for too long. Reload it and try again."] });
      } else {
        showErrors({ "": [`The server answered with an error (${request.status}). Nothing was kept; try again in a moment.`] });
      }
    });
    request.addEventListener("error", () => {
      sending = null;
      rest(false);
      showErrors({ "": ["The connection broke before the file had arrived. Nothing was kept; try again."] });
    });
    request.addEventListener("abort", () => {
      sending = null;
      rest(false);
      studio.toast("Upload stopped. Nothing was kept.", "warning");
    });
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.send(new FormData(form));
  });

  stop.addEventListener("click", () => sending?.abort());
  window.addEventListener("pageshow", (event) => event.persisted && rest(false));
  window.addEventListener("beforeunload", (event) => sending && event.preventDefault());
  show();
})();
