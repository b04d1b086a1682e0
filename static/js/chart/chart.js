/* Line charts on a canvas: hover, zoom, logarithmic scale, smoothing, keyboard.

   Knows nothing of runs or sockets. Colours are CSS custom properties of the figure, so light and
   dark follow the page. Charts made with the same group share cross-hair and zoom. */
(() => {
  "use strict";

  const { Drawing, scaleOf } = window.WukongDrawing;
  const { lowerBound, nearest, rowsKept, smoothed } = window.WukongPoints;
  const { grouped, text } = window.WukongTicks;

  class Group {
    constructor() {
      this.charts = [];
      this.view = null; // [from, to] in steps, or null for everything
      this.hover = null; // a step
      this.holder = null; // the chart under the pointer
    }

    show(view) {
      this.view = view;
      for (const chart of this.charts) chart.changed();
    }

    /** First and last step of all charts, so that they stand under each other. */
    extent() {
      let low = Infinity;
      let high = -Infinity;
      for (const chart of this.charts) {
        for (const { x } of chart.series) {
          if (x.length) { low = Math.min(low, x[0]); high = Math.max(high, x[x.length - 1]); }
        }
      }
      return low < high ? [low, high] : [low - 1, low + 1];
    }

    point(step, holder) {
      this.hover = step;
      this.holder = holder;
      for (const chart of this.charts) chart.changed(false);
    }
  }

  class Chart {
    /**
     * @param {HTMLElement} figure holds a <canvas>, an <output class="chart-value"> and a
     *   <div class="chart-tip">
     * @param {{group?: Group, series: Array<{label: string, colour: string, x: number[],
     *   y: Array<number|null>, dots?: boolean, smooth?: boolean, near?: boolean,
     *   dash?: number[]}>, format?: (value: number) => string, zero?: boolean}} options
     */
    constructor(figure, options) {
      this.figure = figure;
      this.canvas = figure.querySelector("canvas");
      this.tip = figure.querySelector(".chart-tip");
      this.value = figure.querySelector(".chart-value");
      this.series = options.series;
      this.format = options.format || text;
      this.zero = Boolean(options.zero);
      this.group = options.group || new Group();
      this.group.charts.push(this);
      this.log = false;
      this.smoothing = 0;
      this.drag = null;
      this.waiting = false;
      this.stale = true;
      this.drawn = false;
      this.front = this.canvas.getContext("2d");
      this.still = document.createElement("canvas").getContext("2d");
      this.probe = document.createElement("span");
      this.probe.hidden = true;
      figure.append(this.probe);
      this.readColours();
      this.listen();
    }

    readColours() {
      const colour = (name) => {
        this.probe.style.color = `var(${name})`;
        return getComputedStyle(this.probe).color;
      };
      this.colours = {
        grid: colour("--chart-grid"),
        text: colour("--chart-text"),
        paper: colour("--chart-paper"),
        cross: colour("--chart-cross"),
      };
      for (const line of this.series) line.paint = colour(line.colour);
      this.font = `11px ${getComputedStyle(this.figure).fontFamily}`;
    }

    listen() {
      const dark = matchMedia("(prefers-color-scheme: dark)");
      const recolour = () => { this.readColours(); this.draw(); };
      dark.addEventListener("change", recolour);
      addEventListener("beforeprint", () => this.draw());
      new ResizeObserver(() => this.changed()).observe(this.canvas);
      const canvas = this.canvas;
      canvas.addEventListener("pointermove", (event) => this.moved(event));
      canvas.addEventListener("pointerleave", () => {
        if (!this.drag) this.group.point(null, null);
      });
      canvas.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || event.pointerType === "touch" || !this.scale) return;
        this.drag = { from: this.stepAt(event.offsetX), to: null };
        canvas.setPointerCapture(event.pointerId);
      });
      canvas.addEventListener("pointerup", () => this.dragged());
      canvas.addEventListener("pointercancel", () => { this.drag = null; this.changed(false); });
      canvas.addEventListener("dblclick", () => this.group.show(null));
      canvas.addEventListener("keydown", (event) => this.pressed(event));
      canvas.addEventListener("blur", () => this.group.point(null, null));
    }

    moved(event) {
      if (!this.scale) return;
      const step = this.stepAt(event.offsetX);
      if (this.drag) this.drag.to = step;
      this.group.point(this.snap(step), this);
    }

    dragged() {
      if (!this.drag) return;
      const { from, to } = this.drag;
      this.drag = null;
      const scale = this.scale;
      if (to !== null && Math.abs(scale.x(to) - scale.x(from)) > 6) {
        this.group.show([Math.min(from, to), Math.max(from, to)]);
      } else {
        this.changed(false);
      }
    }

    pressed(event) {
      if (!this.scale) return;
      const steps = this.steps();
      if (!steps.length) return;
      const at = this.group.hover === null ? steps.length - 1 : nearest(steps, this.group.hover);
      const page = Math.max(1, Math.round(steps.length / 10));
      const moves = {
        ArrowLeft: -1, ArrowRight: 1, PageUp: page, PageDown: -page,
        Home: -steps.length, End: steps.length,
      };
      if (event.key in moves) {
        const next = Math.min(steps.length - 1, Math.max(0, at + moves[event.key]));
        this.group.point(steps[next], this);
        this.announce();
      } else if (event.key === "+" || event.key === "=" || event.key === "-") {
        const [low, high] = this.scale.range;
        const middle = this.group.hover === null ? (low + high) / 2 : this.group.hover;
        const factor = event.key === "-" ? 2 : 0.5;
        const [all0, all1] = this.group.extent();
        const from = Math.max(all0, middle - (middle - low) * factor);
        const to = Math.min(all1, middle + (high - middle) * factor);
        this.group.show(from <= all0 && to >= all1 ? null : to - from < 1 ? this.group.view : [from, to]);
      } else if (event.key === "0" || event.key === "Escape") {
        this.group.show(null);
      } else {
        return;
      }
      event.preventDefault();
    }

    /** The steps of the longest line. */
    steps() {
      return this.series.reduce((best, line) => (line.x.length > best.length ? line.x : best), []);
    }

    snap(step) {
      const steps = this.steps();
      return steps.length ? steps[nearest(steps, step)] : null;
    }

    stepAt(pixel) {
      const { range, left, width } = this.scale;
      const part = Math.min(1, Math.max(0, (pixel - left) / width));
      return range[0] + part * (range[1] - range[0]);
    }

    /** Redraw before the next frame: all of it, or only what follows the pointer. */
    changed(all = true) {
      this.stale ||= all;
      if (this.waiting) return;
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        if (this.stale || !this.drawn) this.draw();
        else this.point();
      });
    }

    /** Everything. What does not follow the pointer is kept as a picture beside the canvas. */
    draw() {
      this.stale = false;
      const { canvas } = this;
      const wide = canvas.clientWidth;
      const tall = canvas.clientHeight;
      if (!wide || !tall) return;
      const ratio = Math.max(1, devicePixelRatio || 1);
      if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(tall * ratio)) {
        canvas.width = Math.round(wide * ratio);
        canvas.height = Math.round(tall * ratio);
      }
      const still = this.still.canvas;
      still.width = canvas.width; // setting it clears it
      still.height = canvas.height;
      this.ratio = ratio;
      this.drawn = true;
      const context = this.still;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.font = this.font;
      const some = this.series.some((line) => line.y.some((value) => value !== null));
      this.figure.classList.toggle("is-empty", !some);
      if (!some) { this.scale = null; this.point(); return; }

      for (const line of this.series) {
        line.shown = line.smooth && this.smoothing ? smoothed(line.y, this.smoothing) : line.y;
      }
      const range = this.group.view || this.group.extent();
      this.scale = scaleOf(this.series, range, { wide, tall, log: this.log, zero: this.zero });
      const drawing = new Drawing(context, this.scale, this.colours);
      drawing.grid();
      drawing.lines(this.series);
      this.point();
    }

    /** The kept picture with the cross-hair on it: all that a pointer's move costs. */
    point() {
      const context = this.front;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      context.drawImage(this.still.canvas, 0, 0);
      context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      if (this.scale) {
        const readings = this.readings();
        new Drawing(context, this.scale, this.colours).cross(this.group.hover, readings, this.drag);
        this.showTip(this.group.holder === this ? readings : []);
      }
      this.showValue();
    }

    /** What each line says at the cross-hair: [line, index], where it has a point close by. */
    readings() {
      const step = this.group.hover;
      if (step === null) return [];
      const found = [];
      for (const line of this.series) {
        if (!line.x.length) continue;
        let at = nearest(line.x, step);
        if (line.dots && line.x[at] > step && at > 0) at -= 1; // the newest evaluation so far
        if (!line.dots && !line.near && line.x[at] !== step) continue;
        if (line.y[at] !== null) found.push([line, at]);
      }
      return found;
    }

    showTip(readings) {
      if (!this.tip) return;
      this.tip.hidden = !readings.length;
      if (!readings.length) return;
      const rows = [element("div", "chart-tip-step", interpolate(gettext("Step %(step)s"), { step: grouped(this.group.hover) }, true))];
      for (const [line, at] of readings) {
        const row = element("div", "chart-tip-row");
        const swatch = element("span", "chart-swatch");
        swatch.style.background = line.paint;
        let name = line.label;
        if (line.shown !== line.y) name += ` (${interpolate(gettext("smoothed %(value)s"), { value: this.format(line.shown[at]) }, true)})`;
        if (line.x[at] !== this.group.hover) name += `, ${interpolate(gettext("step %(step)s"), { step: grouped(line.x[at]) }, true)}`;
        row.append(swatch, element("span", "", name), element("strong", "", this.format(line.y[at])));
        rows.push(row);
      }
      this.tip.replaceChildren(...rows);
      const x = this.scale.x(this.group.hover);
      const width = this.tip.offsetWidth;
      const left = x + 14 + width > this.scale.wide ? Math.max(0, x - 14 - width) : x + 14;
      this.tip.style.transform = `translate(${Math.round(left)}px, ${this.canvas.offsetTop + this.scale.top}px)`;
    }

    /** The caption's number: at the cross-hair, else the newest. */
    showValue() {
      if (!this.value) return;
      const line = this.series[0];
      const reading = this.readings().find(([found]) => found === line);
      let at = reading ? reading[1] : line.y.length - 1;
      while (!reading && at > 0 && line.y[at] === null) at -= 1;
      this.value.textContent = at >= 0 && line.y.length ? this.format(line.y[at]) : "–";
    }

    announce() {
      const parts = this.readings().map(([line, at]) => `${line.label} ${this.format(line.y[at])}`);
      this.canvas.setAttribute("aria-label", `${interpolate(gettext("Step %(step)s"), { step: this.group.hover }, true)}: ${parts.join(", ")}`);
    }
  }

  function element(tag, name, content) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (content !== undefined) node.textContent = content;
    return node;
  }

  window.WukongChart = { Chart, Group, text, lowerBound, rowsKept };
})();
