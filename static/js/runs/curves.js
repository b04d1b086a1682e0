/* The curves of a run's page: draws the points that came with the page, takes those that follow. */
(() => {
  "use strict";

  const root = document.getElementById("run");
  const { Chart, Group, lowerBound, rowsKept } = window.WukongChart;
  const given = JSON.parse(document.getElementById("run-series").textContent);
  const columns = given.columns;
  const checks = columns.evaluation;

  const group = new Group();
  const lines = {
    loss: [
      { label: gettext("train"), colour: "--chart-train", x: columns.step, y: columns.train_loss, smooth: true },
      { label: gettext("validation"), colour: "--chart-validation", x: checks.step, y: checks.validation_loss, dots: true },
    ],
    accuracy: [
      { label: gettext("train"), colour: "--chart-train", x: columns.step, y: columns.train_accuracy, smooth: true },
      { label: gettext("validation"), colour: "--chart-validation", x: checks.step, y: checks.validation_accuracy, dots: true },
    ],
  };
  if (columns["rewards/chosen"]) {
    const both = (name, label, train, check) => [
      { label: `${label}, ${gettext("train")}`, colour: train, x: columns.step, y: columns[name], smooth: true },
      { label: `${label}, ${gettext("validation")}`, colour: check, x: checks.step, y: checks[`validation_${name}`], dots: true },
    ];
    lines.rewards = [
      ...both("rewards/chosen", gettext("preferred"), "--chart-train", "--chart-train"),
      ...both("rewards/rejected", gettext("not preferred"), "--chart-plain", "--chart-plain"),
    ];
    lines.margins = both("rewards/margins", gettext("margin"), "--chart-train", "--chart-validation");
  }
  const names = {
    learning_rate: gettext("learning rate"),
    grad_norm: gettext("gradient norm"),
    tokens_per_second: gettext("tokens per second"),
    memory_mb: gettext("memory, MB"),
    circuit_gradient_variance: gettext("circuit gradient variance"),
  };
  const single = ["learning_rate", "grad_norm", "tokens_per_second", "memory_mb"];
  for (const name of [...single, "circuit_gradient_variance"]) {
    lines[name] = [{
      label: names[name],
      colour: name.startsWith("circuit") ? "--chart-quantum" : "--chart-plain",
      x: columns.step, y: columns[name], smooth: name !== "learning_rate" && name !== "memory_mb",
    }];
  }
  lines.circuit_entanglement = [{
    label: gettext("entanglement"), colour: "--chart-quantum", x: checks.step, y: checks.circuit_entanglement, dots: true,
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

  // -- tools -------------------------------------------------------------------------------------

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

  window.WukongCurves = {
    /** The number of the last event that the page was rendered with. */
    cursor: given.cursor,

    metrics(data) { put(columns, metricNames, data); },
    evaluation(data) { put(checks, checkNames, data); },

    /** After new points: the oldest make room, and all charts are drawn. */
    changed() {
      thin(columns, metricNames, metricDrawn);
      thin(checks, checkNames, checkNames);
      redraw();
    },
  };
})();
