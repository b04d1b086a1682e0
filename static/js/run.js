/* A run's page: draws the curves that came with it, then follows the run's numbered log.

   Every event has a number. The page carries the number it was rendered at; on every connection the
   socket is asked for what comes after the last one seen, so nothing is lost or drawn twice. */
(() => {
  "use strict";

  const root = document.getElementById("run");
  const source = document.getElementById("run-series");
  if (!root || !source || !window.WukongChart) return;
  const { Chart, Group, lowerBound, rowsKept } = window.WukongChart;
  const given = JSON.parse(source.textContent);
  const columns = given.columns;
  const checks = columns.evaluation;
  let lastSeq = given.cursor;

  // -- curves ------------------------------------------------------------------------------------

  const group = new Group();
  const lines = {
    loss: [
      { label: "train", colour: "--chart-train", x: columns.step, y: columns.train_loss, smooth: true },
      { label: "validation", colour: "--chart-validation", x: checks.step, y: checks.validation_loss, dots: true },
    ],
    accuracy: [
      { label: "train", colour: "--chart-train", x: columns.step, y: columns.train_accuracy, smooth: true },
      { label: "validation", colour: "--chart-validation", x: checks.step, y: checks.validation_accuracy, dots: true },
    ],
  };
  const single = ["learning_rate", "grad_norm", "tokens_per_second", "memory_mb"];
  for (const name of [...single, "circuit_gradient_variance"]) {
    lines[name] = [{
      label: name.replaceAll("_", " "),
      colour: name.startsWith("circuit") ? "--chart-quantum" : "--chart-plain",
      x: columns.step, y: columns[name], smooth: name !== "learning_rate" && name !== "memory_mb",
    }];
  }
  lines.circuit_entanglement = [{
    label: "entanglement", colour: "--chart-quantum", x: checks.step, y: checks.circuit_entanglement, dots: true,
  }];
  const charts = {};
  for (const figure of root.querySelectorAll("[data-chart]")) {
    const name = figure.dataset.chart;
    charts[name] = new Chart(figure, {
      group, series: lines[name],
      zero: ["learning_rate", "tokens_per_second", "memory_mb"].includes(name),
    });
  }

  const metricNames = Object.keys(columns).filter((name) => !["step", "evaluation"].includes(name));
  const checkNames = Object.keys(checks).filter((name) => name !== "step");

  const MOST = 6000; // points of one curve that a page keeps, however long it is watched
  const metricDrawn = metricNames.filter((name) => name !== "circuits_run");

  /** Make room: of each stretch of steps the lowest and highest value of every curve stay. */
  function thin(table, names, drawn) {
    if (table.step.length <= MOST) return;
    const keep = rowsKept(table, drawn, MOST / 2);
    for (const name of ["step", ...names]) {
      const column = table[name];
      keep.forEach((from, to) => { column[to] = column[from]; });
      column.length = keep.length; // the charts hold these very lists
    }
  }

  /** Put one row at its step: appended, or written over the row that stands there. */
  function put(table, names, data) {
    const steps = table.step;
    const at = lowerBound(steps, data.step);
    const there = steps[at] === data.step;
    if (!there) steps.splice(at, 0, data.step);
    for (const name of names) table[name].splice(at, there ? 1 : 0, data[name] ?? null);
  }

  const tools = root.querySelector(".chart-tools");
  const smoothing = document.getElementById("chart-smoothing");
  const log = document.getElementById("chart-log");
  const reset = document.getElementById("chart-reset");
  function applyTools() {
    charts.loss.log = log.checked;
    for (const chart of group.charts) chart.smoothing = Number(smoothing.value);
    redraw();
  }
  function redraw() {
    for (const chart of group.charts) chart.changed();
  }
  const show = group.show.bind(group);
  group.show = (view) => { show(view); reset.disabled = !view; };
  smoothing.addEventListener("input", applyTools);
  log.addEventListener("change", applyTools);
  reset.addEventListener("click", () => { group.show(null); charts.loss.canvas.focus(); });
  // about sixty independent points remain visible, however long the run is
  smoothing.value = String(Math.min(0.98, 1 - 1 / Math.max(2.5, columns.step.length / 60)));
  tools.hidden = false;
  applyTools();

  // -- log ---------------------------------------------------------------------------------------

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
    const page = await fetchPage(`${button.dataset.lines}?before=${firstLine().dataset.seq}`);
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

  // -- state and buttons -------------------------------------------------------------------------

  const said = document.getElementById("run-said");
  let state = document.getElementById("run-status").dataset.state;

  /** After every new status: show the buttons that its state allows, and say a change of state. */
  function statusChanged() {
    const status = document.getElementById("run-status");
    const can = status.dataset.can.split(" ");
    for (const node of document.querySelectorAll("[data-needs]")) {
      const allowed = can.includes(node.dataset.needs);
      if (node.hidden === !allowed) continue;
      if (!allowed && node.contains(document.activeElement)) document.getElementById("main").focus();
      node.hidden = !allowed;
    }
    if (status.dataset.state !== state) {
      state = status.dataset.state;
      said.textContent = `The run is now: ${status.dataset.stateWords}.`;
      if (state === "succeeded") refreshChatLink();
      if (sign.dataset.state === "live") sayLive();
    }
  }

  /** The model's name exists only once the run has succeeded: take the link from a fresh page. */
  async function refreshChatLink() {
    const link = document.querySelector("[data-needs=chat]");
    const page = await fetchPage(location.pathname);
    const fresh = page?.querySelector("[data-needs=chat]");
    if (fresh) link.setAttribute("href", fresh.getAttribute("href"));
  }

  async function fetchPage(address) {
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return null;
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return null; // the next event asks again
    }
  }

  new MutationObserver(statusChanged).observe(root, { childList: true });

  function setStatus(html) {
    const old = document.getElementById("run-status");
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("run-status");
    if (!fresh || old.isEqualNode(fresh)) return;
    const opened = [...old.querySelectorAll("details")].map((node) => node.open);
    [...fresh.querySelectorAll("details")].forEach((node, i) => { node.open = Boolean(opened[i]); });
    const bar = old.querySelector("progress");
    const next = fresh.querySelector("progress");
    old.replaceWith(fresh);
    if (bar && next && bar.hasAttribute("value") && next.hasAttribute("value")) {
      // keep the same bar, so that it moves instead of jumping
      bar.max = next.max;
      next.replaceWith(bar);
      requestAnimationFrame(() => { bar.value = next.value; });
    }
  }

  // -- parts that grow ---------------------------------------------------------------------------

  let growing = null;
  function grow() {
    clearTimeout(growing);
    growing = setTimeout(async () => {
      for (const address of root.dataset.parts.split(" ")) {
        const page = await fetchPage(address);
        const fresh = page?.body.firstElementChild;
        const old = fresh && document.getElementById(fresh.id);
        if (!old) continue;
        for (const open of old.querySelectorAll("details[data-keep][open]")) {
          const twin = fresh.querySelector(`details[data-keep="${open.dataset.keep}"]`);
          if (twin) twin.open = true;
        }
        old.replaceWith(fresh);
      }
    }, 400);
  }

  // -- the socket --------------------------------------------------------------------------------

  const sign = document.getElementById("run-connection");
  const WAITS = [500, 1000, 2000, 4000, 8000, 15000];
  let failures = 0;
  let socket = null;
  let timer = null;

  function connection(name, words) {
    sign.hidden = !words;
    sign.dataset.state = name;
    sign.textContent = words;
  }

  /** “Live” is said only where something may still come. */
  function sayLive() {
    const over = ["succeeded", "failed", "cancelled"].includes(state);
    connection("live", over ? "" : "Live");
  }

  function take(message) {
    const following = atEnd();
    let curves = false;
    let parts = false;
    for (const event of message.events) {
      if (event.seq <= lastSeq) continue;
      lastSeq = event.seq;
      if (event.type === "metrics") {
        put(columns, metricNames, event.data);
        curves = true;
      } else if (event.type === "evaluation") {
        put(checks, checkNames, event.data);
        curves = parts = true;
      } else if (event.type === "sample" || event.type === "result") {
        parts = true;
      }
      if (event.type !== "metrics" && event.type !== "sample") addLine(event);
    }
    lastSeq = Math.max(lastSeq, message.last_seq);
    setStatus(message.status);
    if (curves) {
      thin(columns, metricNames, metricDrawn);
      thin(checks, checkNames, checkNames);
      redraw();
    }
    if (parts) grow();
    trimLog(following);
    if (following) toEnd();
  }

  function connect() {
    clearTimeout(timer);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}${root.dataset.socket}?after=${lastSeq}`);
    socket.addEventListener("open", () => {
      failures = 0;
      sayLive();
    });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "events") take(message);
    });
    socket.addEventListener("close", (event) => {
      if (event.target !== socket) return;
      if (event.code === 4404) {
        connection("gone", "This run is not yours to follow any more. Reload the page.");
        return;
      }
      const wait = WAITS[Math.min(failures, WAITS.length - 1)] * (0.8 + 0.4 * Math.random());
      failures += 1;
      connection("away", failures > 1 ? "Reconnecting… what is shown may be old" : "Reconnecting…");
      timer = setTimeout(connect, wait);
    });
  }

  function again() {
    if (socket && socket.readyState <= WebSocket.OPEN) return;
    failures = 0;
    connect();
  }
  addEventListener("online", again);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && timer) again(); });
  addEventListener("pagehide", () => { const old = socket; socket = null; clearTimeout(timer); old?.close(); });
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
})();
