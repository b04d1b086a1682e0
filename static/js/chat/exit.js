/* The way out, for who is watched: the link with data-exit, or Shift pressed three times.

   Without a script the link leads away all the same. With one, the page is emptied at once, what was
   typed is removed from this browser, and the neutral page takes this page's place in the history.
   Not Escape, which stops a reply; not Shift+Escape, which browsers keep for themselves. */
(() => {
  "use strict";

  const link = document.querySelector("[data-exit]");
  if (!link) return;
  const PRESSES = 3;
  const WITHIN = 3000; // milliseconds

  function leave() {
    document.title = "…";
    document.body.hidden = true;
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith("wukong-draft-")) localStorage.removeItem(key);
    } catch { /* private mode: nothing was kept */ }
    location.replace(link.href);
  }

  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  link.title = link.dataset.exit;

  let pressed = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") pressed = []; // a capital letter is no way out
    else if (!event.repeat) {
      pressed = [...pressed.filter((at) => event.timeStamp - at < WITHIN), event.timeStamp];
      if (pressed.length >= PRESSES) leave();
    }
  });
})();
