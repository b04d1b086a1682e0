/* Notifications of the browser about runs: asked for by a click, kept in this browser for this person.

   The site is asked every few seconds what happened in the last minutes, by one of its open pages;
   the page of a run asks at once when something comes over its socket. What was shown is remembered,
   and a notification has a tag, so that two pages show it once. Knows nothing of e-mail or webhooks. */
(() => {
  "use strict";

  const { news, person } = document.currentScript.dataset;
  const ON = `wukong-alerts-${person}`;
  const SEEN = `wukong-alerts-seen-${person}`;
  const LOOKED = `wukong-alerts-looked-${person}`;
  const EVERY = 15000; // milliseconds
  const MOST_SEEN = 200;
  const possible = "Notification" in window && window.isSecureContext;

  const isOn = () => possible && localStorage.getItem(ON) === "on" && Notification.permission === "granted";
  const seen = () => new Set(JSON.parse(localStorage.getItem(SEEN) ?? "[]"));

  function remember(ids) {
    localStorage.setItem(SEEN, JSON.stringify([...seen(), ...ids].slice(-MOST_SEEN)));
  }

  async function ask() {
    localStorage.setItem(LOOKED, String(Date.now()));
    try {
      const answer = await fetch(news, { headers: { Accept: "application/json" } });
      return answer.ok && !answer.redirected ? (await answer.json()).alerts : [];
    } catch {
      return []; // the site is away; the next look comes
    }
  }

  function show(alert) {
    const note = new Notification(alert.title, { body: alert.words, tag: alert.id });
    note.addEventListener("click", () => {
      note.close();
      window.focus();
      location.assign(alert.url);
    });
  }

  async function look() {
    if (!isOn()) return;
    const alerts = await ask();
    const known = seen();
    const fresh = alerts.filter((alert) => !known.has(alert.id));
    remember(fresh.map((alert) => alert.id));
    for (const alert of fresh) show(alert);
  }

  setInterval(() => {
    const since = Date.now() - Number(localStorage.getItem(LOOKED) ?? 0);
    if (since > EVERY * 0.8) look(); // else another page of the site has just looked
  }, EVERY);
  document.addEventListener("studio:run-told", look);

  // -- the button --------------------------------------------------------------------------------

  function say(words) {
    for (const place of document.querySelectorAll("[data-alerts-said]")) place.textContent = words;
    if (words && !document.querySelector("[data-alerts-said]")) studio.toast(words, isOn() ? "good" : "warning");
  }

  function draw() {
    for (const button of document.querySelectorAll("[data-alerts]")) {
      button.hidden = !possible;
      button.textContent = isOn() ? gettext("Stop notifying me in this browser") : gettext("Notify me in this browser");
    }
  }

  async function turnOn() {
    if ((await Notification.requestPermission()) !== "granted") {
      say(gettext("This browser refuses notifications of this site. Allow them beside the address, and press again."));
      return;
    }
    localStorage.setItem(ON, "on");
    remember((await ask()).map((alert) => alert.id)); // from now on
    try {
      show({ id: "alert-on", title: gettext("You are told here."), words: gettext("This is how a run tells you."), url: location.href });
      say(gettext("On: a notification comes while a page of this site is open."));
    } catch {
      // Chrome on Android has the name and no way to use it from a page
      localStorage.removeItem(ON);
      say(gettext("This browser shows no notifications from pages. Ask for e-mail instead."));
    }
  }

  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-alerts]")) return;
    if (isOn()) {
      localStorage.removeItem(ON);
      say(gettext("Off: no notifications in this browser."));
    } else {
      await turnOn();
    }
    draw();
  });

  draw();
  if (document.querySelector("[data-alerts-said]")) {
    say(possible ? "" : gettext("Notifications need HTTPS or localhost, and a browser that has them."));
  }
})();
