/* The curves of a study's arms over one another, drawn again when the page has fetched newer numbers.
   The circuit's arm is violet; each other one has a colour and a dash of its own. */
(() => {
  "use strict";

  const root = document.getElementById("study-curves");
  if (!root) return;
  const { Chart, Group } = window.WukongChart;
  const numbers = () => JSON.parse(document.getElementById("study-lines").textContent);

  const line = (arm, x, y, more) => ({
    label: arm.name, colour: `--compare-${arm.number}`, dash: arm.dash, x, y, ...more,
  });
  const drawn = (arms) => ({
    validation_loss: arms.map((arm) => line(arm, arm.evaluation.step, arm.evaluation.validation_loss, { dots: true })),
    train_loss: arms.map((arm) => line(arm, arm.step, arm.train_loss, { smooth: true, near: true })),
  });

  const group = new Group();
  const charts = {};
  const first = drawn(numbers());
  for (const figure of root.querySelectorAll("[data-chart]")) {
    charts[figure.dataset.chart] = new Chart(figure, { group, series: first[figure.dataset.chart] });
  }

  function smoothing() {
    const longest = Math.max(0, ...charts.train_loss.series.map((one) => one.x.length));
    return Math.min(0.98, 1 - 1 / Math.max(2.5, longest / 60));
  }

  const log = document.getElementById("chart-log");
  const reset = document.getElementById("chart-reset");
  function apply() {
    for (const chart of group.charts) {
      chart.log = log.checked;
      chart.smoothing = smoothing();
      chart.changed();
    }
  }
  const show = group.show.bind(group);
  group.show = (view) => { show(view); reset.disabled = !view; };
  log.addEventListener("change", apply);
  reset.addEventListener("click", () => { group.show(null); charts.validation_loss.canvas.focus(); });
  root.querySelector(".chart-tools").hidden = false;
  apply();

  let open = [];
  document.addEventListener("htmx:before:swap", () => {
    open = [...document.querySelectorAll("#study-live details[open]")].map((one) => one.id);
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    const fresh = drawn(numbers());
    for (const [name, chart] of Object.entries(charts)) {
      chart.series = fresh[name];
      chart.readColours();
    }
    apply();
  });
})();
