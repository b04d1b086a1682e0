/* What stands on the canvas of a chart: grid, lines, dots, cross-hair; and the scale that puts them there.

   Ten thousand points cost about a millisecond: each pixel column draws its first, lowest, highest and
   last. */
(() => {
  "use strict";

  const { lowerBound } = window.WukongPoints;
  const { linearTicks, logTicks } = window.WukongTicks;
  const PAD = { left: 50, right: 14, top: 12, bottom: 24 };
  const ROOM = 0.06; // above and below the curves, as a part of their height

  /** Lowest and highest value within the range, with a margin where all values are equal. */
  function bounds(series, range, { log, zero }) {
    let low = Infinity;
    let high = -Infinity;
    for (const line of series) {
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
    if (zero && !log) low = Math.min(0, low);
    if (low === high) { const pad = Math.abs(low) * 0.1 || 1; low -= log ? low / 2 : pad; high += pad; }
    return [low, high];
  }

  /**
   * From steps and values to pixels.
   * @param {[number, number]} range first and last step
   * @param {{wide: number, tall: number, log: boolean, zero: boolean}} box
   */
  function scaleOf(series, range, box) {
    let [low, high] = bounds(series, range, box);
    const width = box.wide - PAD.left - PAD.right;
    const height = box.tall - PAD.top - PAD.bottom;
    let y;
    if (box.log) {
      const a = Math.log10(low);
      const b = Math.log10(high);
      const room = (b - a) * ROOM;
      low = 10 ** (a - room);
      high = 10 ** (b + room);
      y = (value) => PAD.top + height * (1 - (Math.log10(value) - a + room) / (b - a + 2 * room));
    } else {
      const room = (high - low) * ROOM;
      if (!(box.zero && low === 0)) low -= room;
      high += room;
      const bottom = low;
      const span = high - low;
      y = (value) => PAD.top + height * (1 - (value - bottom) / span);
    }
    const x = (step) => PAD.left + (width * (step - range[0])) / (range[1] - range[0]);
    return { ...box, range, low, high, width, height, left: PAD.left, top: PAD.top, x, y };
  }

  /** Draws on one context, in one scale. */
  class Drawing {
    constructor(context, scale, colours) {
      this.context = context;
      this.scale = scale;
      this.colours = colours;
    }

    grid() {
      const { context, colours, scale } = this;
      const rows = Math.max(2, Math.round(scale.height / 44));
      const ticks = (scale.log ? logTicks : linearTicks)(scale.low, scale.high, rows);
      context.strokeStyle = colours.grid;
      context.fillStyle = colours.text;
      context.lineWidth = 1;
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.beginPath();
      for (const [value, label] of ticks) {
        const y = Math.round(scale.y(value)) + 0.5;
        context.moveTo(PAD.left, y);
        context.lineTo(scale.wide - PAD.right, y);
        context.fillText(label, PAD.left - 8, y);
      }
      context.stroke();
      context.textAlign = "center";
      context.textBaseline = "alphabetic";
      const columns = Math.max(2, Math.round(scale.width / 90));
      for (const [value, label] of linearTicks(scale.range[0], scale.range[1], columns, true)) {
        context.fillText(label, scale.x(value), scale.tall - 7);
      }
    }

    lines(series) {
      const { context, scale } = this;
      context.save();
      context.beginPath();
      context.rect(PAD.left, 0, scale.width, scale.tall - PAD.bottom);
      context.clip();
      for (const line of series) this.line(line);
      context.restore();
    }

    line(line) {
      const { context } = this;
      context.strokeStyle = line.paint;
      context.lineJoin = "round";
      context.setLineDash(line.dash || []);
      if (line.shown !== line.y) {
        context.globalAlpha = 0.28;
        context.lineWidth = 1;
        this.trace(line.x, line.y);
        context.globalAlpha = 1;
      }
      context.lineWidth = 1.75;
      this.trace(line.x, line.shown);
      context.setLineDash([]);
      if (line.dots || line.x.length === 1) this.dots(line);
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
        if (value === null || (scale.log && value <= 0)) { flush(); open = false; continue; }
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

    dots(line) {
      const { scale } = this;
      if (line.x.length > scale.width / 8) return;
      line.x.forEach((step, i) => {
        const value = line.shown[i];
        if (value !== null && !(scale.log && value <= 0)) this.dot(line, i, 3, 1.5);
      });
    }

    /** The cross-hair at a step with a dot on each [line, index] of `readings`, and a stretch that is
        being chosen with the pointer. */
    cross(step, readings, drag) {
      const { context, scale, colours } = this;
      if (drag && drag.to !== null) {
        const a = scale.x(drag.from);
        const b = scale.x(drag.to);
        context.globalAlpha = 0.12;
        context.fillStyle = colours.cross;
        context.fillRect(Math.min(a, b), PAD.top, Math.abs(b - a), scale.height);
        context.globalAlpha = 1;
      }
      if (step === null || step < scale.range[0] || step > scale.range[1]) return;
      context.strokeStyle = colours.cross;
      context.lineWidth = 1;
      const x = Math.round(scale.x(step)) + 0.5;
      context.beginPath();
      context.moveTo(x, PAD.top);
      context.lineTo(x, scale.tall - PAD.bottom);
      context.stroke();
      for (const [line, at] of readings) {
        if (scale.log && line.shown[at] <= 0) continue;
        if (line.x[at] >= scale.range[0]) this.dot(line, at, 4, 2);
      }
    }

    dot(line, at, radius, edge) {
      const { context, scale, colours } = this;
      context.beginPath();
      context.arc(scale.x(line.x[at]), scale.y(line.shown[at]), radius, 0, 2 * Math.PI);
      context.fillStyle = line.paint;
      context.fill();
      context.strokeStyle = colours.paper;
      context.lineWidth = edge;
      context.stroke();
    }
  }

  window.WukongDrawing = { Drawing, scaleOf };
})();
