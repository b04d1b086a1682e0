/* The curves of several runs over one another. Each has a colour and a dash of its own. */
(() => {
  "use strict";

  const root = document.getElementById("compare-curves");
  const { Chart, Group } = window.WukongChart;
  const runs = JSON.parse(document.getElementById("compare-lines").textContent);

  const line = (run, x, y, more) => ({
    label: run.name, colour: `--compare-${run.number}`, dash: run.dash, x, y, ...more,
  });
  const series = {
    validation_loss: runs.map((run) => line(run, run.evaluation.step, run.evaluation.validation_loss, { dots: true })),
    train_loss: runs.map((run) => line(run, run.step, run.train_loss, { smooth: true, near: true })),
    circuit_gradient_variance: runs.map((run) => line(run, run.step, run.circuit_gradient_variance, { smooth: true, near: true })),
  };

  const group = new Group();
  const charts = {};
  for (const figure of root.querySelectorAll("[data-chart]")) {
    charts[figure.dataset.chart] = new Chart(figure, { group, series: series[figure.dataset.chart] });
  }

  const smoothing = document.getElementById("chart-smoothing");
  const log = document.getElementById("chart-log");
  const reset = document.getElementById("chart-reset");
  function apply() {
    for (const chart of group.charts) {
      chart.log = log.checked;
      chart.smoothing = Number(smoothing.value);
      chart.changed();
    }
  }
  const show = group.show.bind(group);
  group.show = (view) => { show(view); reset.disabled = !view; };
  smoothing.addEventListener("input", apply);
  log.addEventListener("change", apply);
  reset.addEventListener("click", () => { group.show(null); charts.validation_loss.canvas.focus(); });
  const longest = Math.max(0, ...runs.map((run) => run.step.length));
  smoothing.value = String(Math.min(0.98, 1 - 1 / Math.max(2.5, longest / 60)));
  root.querySelector(".chart-tools").hidden = false;
  apply();
})();
