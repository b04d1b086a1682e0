/* The log of a run's page: newest lines at the end, earlier ones on demand. */
(() => {
  "use strict";

  const list = document.getElementById("run-log");
  const LIMIT = 1000;
  const clock = (date) => date.toLocaleTimeString("en-GB");

  function addLine(event) {
    const line = document.createElement("li");
    line.className = "log-line";
    line.dataset.level = event.level;
    line.dataset.seq = event.seq;
    const date = new Date(event.time * 1000);
    const time = document.createElement("time");
    time.dateTime = date.toISOString();
    time.title = date.toLocaleString();
    time.textContent = clock(date);
    const kind = document.createElement("span");
    kind.className = "kind";
    kind.textContent = event.type;
    const message = document.createElement("span");
    message.className = "message";
    message.textContent = event.message;
    line.append(time, " ", kind, " ", message);
    list.append(line);
  }

  /** Nothing moves under somebody who reads earlier lines, unless there are far too many. */
  function trimLog(following) {
    const most = following ? LIMIT : 5 * LIMIT;
    while (list.childElementCount > most) {
      list.querySelector(".log-line").remove();
      earlier.hidden = false;
    }
  }

  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const toEnd = () => { list.scrollTop = list.scrollHeight; };
  function localTimes(root) {
    for (const time of root.querySelectorAll("time")) {
      const date = new Date(time.dateTime);
      time.textContent = clock(date);
      time.title = date.toLocaleString();
    }
  }
  localTimes(list);

  const earlier = document.getElementById("log-earlier");
  const button = earlier.querySelector("button");
  const firstLine = () => list.querySelector(".log-line");
  earlier.hidden = !firstLine() || firstLine().dataset.seq === "1";
  button.addEventListener("click", async () => {
    button.disabled = true;
    const page = await studio.page(`${button.dataset.lines}?before=${firstLine().dataset.seq}`);
    button.disabled = false;
    if (!page) return;
    const lines = [...page.querySelectorAll(".log-line")];
    localTimes(page);
    const height = list.scrollHeight;
    earlier.after(...lines);
    list.scrollTop += list.scrollHeight - height;
    earlier.hidden = !lines.length || lines[0].dataset.seq === "1";
    if (earlier.hidden) list.focus();
  });
  const errors = document.getElementById("log-errors");
  document.getElementById("log-filter").hidden = false;
  errors.addEventListener("change", () => {
    list.classList.toggle("only-errors", errors.checked);
    toEnd();
  });
  toEnd();

  window.WukongLog = { add: addLine, trim: trimLog, atEnd, toEnd };
})();
