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
      ? interpolate(ngettext("%(count)s byte", "%(count)s bytes", bytes), { count: bytes }, true)
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
      const words = gettext("%(name)s is empty (0 bytes). Choose a file with dialogues.");
      showErrors({ file: [interpolate(words, { name: file.name }, true)] });
    }
    if (file.size > limit) {
      const words = gettext("%(name)s has %(size)s; the limit is %(limit)s. Split the file, or ask the administrator for a higher limit.");
      showErrors({ file: [interpolate(words, { name: file.name, size: size(file.size), limit: size(limit) }, true)] });
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
      studio.toast(gettext("One file at a time: the first one is chosen."), "warning");
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
    button.textContent = busy ? gettext("Uploading…") : gettext("Upload and check");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = input.files[0];
    if (!file) return showErrors({ file: [gettext("Choose a file first, or drop one here.")] });
    if (file.size > limit || file.size === 0) return show();
    clearErrors();
    rest(true);
    bar.removeAttribute("value");
    left.textContent = "";
    advance(0, file.size, performance.now(), 0);
    if (file.size > Number(form.dataset.partsFrom)) sendInParts(file);
    else sendWhole(file);
  });

  /** Show how far it is, and how long it will take, by what has been sent since `begun`. */
  function advance(loaded, total, begun, before) {
    const share = loaded / total;
    if (loaded) bar.value = share;
    const told = gettext("%(done)s of %(total)s");
    const done = interpolate(told, { done: size(loaded), total: size(total) }, true);
    amount.textContent = loaded ? `${done} · ${Math.floor(share * 100)} %` : done;
    const seconds = ((performance.now() - begun) / 1000) * ((total - loaded) / Math.max(loaded - before, 1));
    left.textContent = share >= 1
      ? gettext("Storing…")
      : loaded > before && seconds > 2 ? interpolate(gettext("%(seconds)s s left"), { seconds: Math.ceil(seconds) }, true) : "";
  }

  function opened(url) {
    amount.textContent = gettext("Uploaded.");
    left.textContent = gettext("Opening it…");
    location.assign(url);
  }

  /** Say why the server did not take it. */
  function refused(status, answer) {
    rest(false);
    if (answer?.errors) showErrors(answer.errors);
    else if (answer?.error?.message) showErrors({ file: [answer.error.message] });
    else if (status === 403) {
      showErrors({ "": [gettext("You were signed out, or this page was open for too long. Reload it and try again.")] });
    } else {
      const words = gettext("The server answered with an error (%(status)s). Nothing was kept; try again in a moment.");
      showErrors({ "": [interpolate(words, { status }, true)] });
    }
  }

  function stopped() {
    rest(false);
    studio.toast(gettext("Upload stopped. Nothing was kept."), "warning");
  }

  function sendWhole(file) {
    const request = (sending = new XMLHttpRequest());
    const begun = performance.now();
    request.upload.addEventListener("progress", (step) => {
      if (step.lengthComputable) advance(step.loaded, step.total, begun, 0);
    });
    request.addEventListener("load", () => {
      sending = null;
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = null;
      }
      if (request.status === 201 && answer?.url) opened(answer.url);
      else refused(request.status, answer);
    });
    request.addEventListener("error", () => {
      sending = null;
      rest(false);
      showErrors({ "": [gettext("The connection broke before the file had arrived. Nothing was kept; try again.")] });
    });
    request.addEventListener("abort", () => {
      sending = null;
      stopped();
    });
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.send(new FormData(form));
  }

  async function sendInParts(file) {
    const control = (sending = new AbortController());
    const begun = performance.now();
    let before = 0;
    const tell = {
      kept: (bytes) => (before = bytes),
      sent: (bytes) => advance(bytes, file.size, begun, before),
      waits: (seconds) => {
        const words = gettext("The connection is broken. What has arrived is kept; trying again in %(seconds)s s…");
        left.textContent = interpolate(words, { seconds }, true);
      },
    };
    try {
      const url = await studio.parts.send(form, file, control.signal, tell);
      sending = null;
      opened(url);
    } catch (error) {
      sending = null;
      if (control.signal.aborted) stopped();
      else if (!(error instanceof studio.parts.Refused)) {
        rest(false);
        showErrors({ file: [gettext("The file can no longer be read. Choose it again; what has arrived is kept.")] });
      } else if (error.status === 0 || error.status >= 500) {
        rest(false);
        showErrors({ "": [gettext("The server does not answer. What has arrived is kept for a while: choose the same file later, and the upload goes on.")] });
      } else refused(error.status, error.answer);
    }
  }

  stop.addEventListener("click", () => sending?.abort());
  window.addEventListener("pageshow", (event) => event.persisted && rest(false));
  window.addEventListener("beforeunload", (event) => sending && event.preventDefault());
  show();
})();
