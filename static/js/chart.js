/* Line charts on a canvas: hover, zoom, logarithmic scale, smoothing, keyboard.

   Knows nothing of runs or sockets. Colours are CSS custom properties of the figure, so light and
   dark follow the page. Charts made with the same group share cross-hair and zoom. Ten thousand
   points cost about a millisecond: each pixel column draws its first, lowest, highest and last. */
(() => {
  "use strict";

  const PAD = { left: 50, right: 14, top: 12, bottom: 24 };
  const KEY_STEP = 1;

  function niceStep(span, count) {
    const raw = span / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(raw));
    const part = raw / power;
    return (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10) * power;
  }

  function linearTicks(low, high, count, whole) {
    let step = niceStep(high - low, count);
    if (whole) step = Math.max(1, Math.round(step));
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const ticks = [];
    const tiny = step < 5e-4 || high >= 1e9;
    for (let i = first; i <= last && ticks.length < 50; i += 1) {
      ticks.push([i * step, tickText(i * step, step, digits, tiny)]);
    }
    return ticks;
  }

  function tickText(value, step, digits, tiny) {
    if (Math.abs(value) < step * 1e-6) return "0";
    const size = Math.abs(value);
    if (!tiny && size >= 1e6) return `${trimmed(value / 1e6, 2)}M`;
    if (size >= 1e4 && step >= 100) return `${trimmed(value / 1e3, 1)}k`;
    if (tiny) return value.toExponential(1).replace(".0e", "e");
    return value.toFixed(Math.min(digits, 6));
  }

  const trimmed = (value, digits) => String(Number(value.toFixed(digits)));

  function logTicks(low, high, count) {
    const ticks = [];
    const first = Math.floor(Math.log10(low));
    const last = Math.ceil(Math.log10(high));
    const parts = last - first > count ? [1] : [1, 2, 5];
    for (let power = first; power <= last; power += 1) {
      for (const part of parts) {
        const value = part * 10 ** power;
        if (value >= low * 0.999 && value <= high * 1.001) ticks.push([value, text(value)]);
      }
    }
    return ticks.length < 2 ? linearTicks(low, high, count).filter(([value]) => value > 0) : ticks;
  }

  const grouped = (value) => value.toLocaleString("en").replaceAll(",", "\u202f");

  /** A number as a person reads it: four significant digits, no needless zeros. */
  function text(value) {
    if (value === null || value === undefined || !Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size < 1e-3) return value.toExponential(2).replace(/\.?0+e/, "e");
    if (size >= 1e4) return grouped(Math.round(value));
    return String(Number(value.toPrecision(4)));
  }

  /** Index of the first entry that is not below `value`. */
  function lowerBound(list, value) {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function nearest(list, value) {
    const at = lowerBound(list, value);
    if (at === 0) return 0;
    if (at === list.length) return at - 1;
    return value - list[at - 1] <= list[at] - value ? at - 1 : at;
  }

  /** Exponential moving average without the bias of its start (as TensorBoard draws it). */
  function smoothed(values, weight) {
    let sum = 0;
    let norm = 0;
    return values.map((value) => {
      if (value === null) return null;
      sum = sum * weight + value * (1 - weight);
      norm = norm * weight + (1 - weight);
      return sum / norm;
    });
  }

  /** Indices of at most about `limit` rows: both ends, and each stretch's extremes of each curve. */
  function rowsKept(table, names, limit) {
    const count = table.step.length;
    const keep = new Set([0, count - 1]);
    const drawn = names.filter((name) => table[name].some((value) => value !== null));
    const buckets = Math.max(1, Math.floor(limit / 2 / Math.max(1, drawn.length)));
    for (const name of drawn) {
      const column = table[name];
      for (let bucket = 0; bucket < buckets; bucket += 1) {
        const from = Math.floor((bucket * count) / buckets);
        const to = Math.floor(((bucket + 1) * count) / buckets);
        let low = -1;
        let high = -1;
        for (let i = from; i < to; i += 1) {
          if (column[i] === null) continue;
          if (low < 0 || column[i] < column[low]) low = i;
          if (high < 0 || column[i] > column[high]) high = i;
        }
        if (low >= 0) keep.add(low).add(high);
      }
    }
    return [...keep].sort((a, b) => a - b);
  }

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
     *   y: Array<number|null>, dots?: boolean, smooth?: boolean, dash?: boolean}>,
     *   format?: (value: number) => string, zero?: boolean}} options
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
        ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP, PageUp: page, PageDown: -page,
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
        if (this.stale || !this.wide) this.draw();
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
      this.wide = wide;
      this.tall = tall;
      const context = (this.context = this.still);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.font = this.font;
      const some = this.series.some((line) => line.y.some((value) => value !== null));
      this.figure.classList.toggle("is-empty", !some);
      if (!some) { this.scale = null; this.point(); return; }

      for (const line of this.series) {
        line.shown = line.smooth && this.smoothing ? smoothed(line.y, this.smoothing) : line.y;
      }
      this.scale = this.scaled(wide, tall);
      this.drawGrid(wide, tall);
      context.save();
      context.beginPath();
      context.rect(PAD.left, 0, this.scale.width, tall - PAD.bottom);
      context.clip();
      for (const line of this.series) this.drawLine(line);
      context.restore();
      this.point();
    }

    /** The kept picture with the cross-hair on it: all that a pointer's move costs. */
    point() {
      const context = (this.context = this.front);
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      context.drawImage(this.still.canvas, 0, 0);
      context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      if (this.scale) {
        this.drawCross(this.tall);
        this.showTip(this.wide);
      }
      this.showValue();
    }

    scaled(wide, tall) {
      const range = this.group.view || this.group.extent();
      let low = Infinity;
      let high = -Infinity;
      const log = this.log;
      for (const line of this.series) {
        const from = Math.max(0, lowerBound(line.x, range[0]) - 1);
        const to = Math.min(line.x.length, lowerBound(line.x, range[1]) + 1);
        for (let i = from; i < to; i += 1) {
          const value = line.y[i];
          if (value === null || (log && value <= 0)) continue;
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
      if (low > high) { low = log ? 0.1 : 0; high = 1; }
      if (this.zero && !log) low = Math.min(0, low);
      if (low === high) { const pad = Math.abs(low) * 0.1 || 1; low -= log ? low / 2 : pad; high += pad; }
      const left = PAD.left;
      const width = wide - PAD.left - PAD.right;
      const height = tall - PAD.top - PAD.bottom;
      let y;
      if (log) {
        const a = Math.log10(low);
        const b = Math.log10(high);
        const room = (b - a) * 0.06;
        low = 10 ** (a - room);
        high = 10 ** (b + room);
        y = (value) => PAD.top + height * (1 - (Math.log10(value) - a + room) / (b - a + 2 * room));
      } else {
        const room = (high - low) * 0.06;
        if (!(this.zero && low === 0)) low -= room;
        high += room;
        const bottom = low;
        const span = high - low;
        y = (value) => PAD.top + height * (1 - (value - bottom) / span);
      }
      const x = (step) => left + (width * (step - range[0])) / (range[1] - range[0]);
      return { range, low, high, left, width, height, x, y };
    }

    drawGrid(wide, tall) {
      const { context, colours, scale } = this;
      const rows = Math.max(2, Math.round(scale.height / 44));
      const ticks = this.log ? logTicks(scale.low, scale.high, rows)
        : linearTicks(scale.low, scale.high, rows);
      context.strokeStyle = colours.grid;
      context.fillStyle = colours.text;
      context.lineWidth = 1;
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.beginPath();
      for (const [value, label] of ticks) {
        const y = Math.round(scale.y(value)) + 0.5;
        context.moveTo(PAD.left, y);
        context.lineTo(wide - PAD.right, y);
        context.fillText(label, PAD.left - 8, y);
      }
      context.stroke();
      context.textAlign = "center";
      context.textBaseline = "alphabetic";
      const columns = Math.max(2, Math.round(scale.width / 90));
      for (const [value, label] of linearTicks(scale.range[0], scale.range[1], columns, true)) {
        context.fillText(label, scale.x(value), tall - 7);
      }
    }

    drawLine(line) {
      const { context } = this;
      const faint = line.shown !== line.y;
      context.strokeStyle = line.paint;
      context.lineJoin = "round";
      if (faint) {
        context.globalAlpha = 0.28;
        context.lineWidth = 1;
        this.trace(line.x, line.y);
        context.globalAlpha = 1;
      }
      context.lineWidth = 1.75;
      if (line.dash) context.setLineDash([5, 4]);
      this.trace(line.x, line.shown);
      context.setLineDash([]);
      if (line.dots || line.x.length === 1) this.drawDots(line);
    }

    /** Stroke one line; crowded pixel columns draw only first, lowest, highest and last. */
    trace(xs, ys) {
      const { context, scale } = this;
      const from = Math.max(0, lowerBound(xs, scale.range[0]) - 1);
      const to = Math.min(xs.length, lowerBound(xs, scale.range[1]) + 1);
      const crowded = to - from > 2 * scale.width;
      let open = false;
      let column = null;
      const flush = () => {
        if (!column) return;
        for (const y of column.lowAt < column.highAt
          ? [column.first, column.low, column.high, column.last]
          : [column.first, column.high, column.low, column.last]) {
          if (open) context.lineTo(column.x, y);
          else { context.moveTo(column.x, y); open = true; }
        }
        column = null;
      };
      context.beginPath();
      for (let i = from; i < to; i += 1) {
        const value = ys[i];
        if (value === null || (this.log && value <= 0)) { flush(); open = false; continue; }
        const x = scale.x(xs[i]);
        const y = scale.y(value);
        if (!crowded) {
          if (open) context.lineTo(x, y);
          else { context.moveTo(x, y); open = true; }
          continue;
        }
        const pixel = Math.round(x);
        if (column && column.x !== pixel) flush();
        if (!column) {
          column = { x: pixel, first: y, last: y, low: y, high: y, lowAt: i, highAt: i };
        } else {
          column.last = y;
          if (y < column.low) { column.low = y; column.lowAt = i; }
          if (y > column.high) { column.high = y; column.highAt = i; }
        }
      }
      flush();
      context.stroke();
    }

    drawDots(line) {
      const { context, scale, colours } = this;
      if (line.x.length > scale.width / 8) return;
      line.x.forEach((step, i) => {
        const value = line.shown[i];
        if (value === null || (this.log && value <= 0)) return;
        context.beginPath();
        context.arc(scale.x(step), scale.y(value), 3, 0, 2 * Math.PI);
        context.fillStyle = line.paint;
        context.fill();
        context.strokeStyle = colours.paper;
        context.lineWidth = 1.5;
        context.stroke();
      });
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
        if (!line.dots && line.x[at] !== step) continue;
        if (line.y[at] !== null) found.push([line, at]);
      }
      return found;
    }

    drawCross(tall) {
      const { context, scale, colours, drag } = this;
      if (drag && drag.to !== null) {
        const a = scale.x(drag.from);
        const b = scale.x(drag.to);
        context.globalAlpha = 0.12;
        context.fillStyle = colours.cross;
        context.fillRect(Math.min(a, b), PAD.top, Math.abs(b - a), scale.height);
        context.globalAlpha = 1;
      }
      const step = this.group.hover;
      if (step === null || step < scale.range[0] || step > scale.range[1]) return;
      context.strokeStyle = colours.cross;
      context.lineWidth = 1;
      const x = Math.round(scale.x(step)) + 0.5;
      context.beginPath();
      context.moveTo(x, PAD.top);
      context.lineTo(x, tall - PAD.bottom);
      context.stroke();
      for (const [line, at] of this.readings()) {
        if (this.log && line.shown[at] <= 0) continue;
        if (line.x[at] < scale.range[0]) continue;
        context.beginPath();
        context.arc(scale.x(line.x[at]), scale.y(line.shown[at]), 4, 0, 2 * Math.PI);
        context.fillStyle = line.paint;
        context.fill();
        context.strokeStyle = colours.paper;
        context.lineWidth = 2;
        context.stroke();
      }
    }

    showTip(wide) {
      if (!this.tip) return;
      const readings = this.group.holder === this ? this.readings() : [];
      this.tip.hidden = !readings.length;
      if (!readings.length) return;
      const rows = [element("div", "chart-tip-step", `Step ${grouped(this.group.hover)}`)];
      for (const [line, at] of readings) {
        const row = element("div", "chart-tip-row");
        const swatch = element("span", "chart-swatch");
        swatch.style.background = line.paint;
        let name = line.label;
        if (line.shown !== line.y) name += ` (smoothed ${this.format(line.shown[at])})`;
        if (line.x[at] !== this.group.hover) name += `, step ${grouped(line.x[at])}`;
        row.append(swatch, element("span", "", name), element("strong", "", this.format(line.y[at])));
        rows.push(row);
      }
      this.tip.replaceChildren(...rows);
      const x = this.scale.x(this.group.hover);
      const width = this.tip.offsetWidth;
      const left = x + 14 + width > wide ? Math.max(0, x - 14 - width) : x + 14;
      this.tip.style.transform = `translate(${Math.round(left)}px, ${this.canvas.offsetTop + PAD.top}px)`;
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
      this.canvas.setAttribute("aria-label", `Step ${this.group.hover}: ${parts.join(", ")}`);
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
