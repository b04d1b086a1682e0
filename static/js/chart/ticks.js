/* The numbers of a chart in words: ticks of a linear or logarithmic axis, and a value as a person reads
   it. Knows nothing of pixels. */
(() => {
  "use strict";

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

  window.WukongTicks = { linearTicks, logTicks, grouped, text };
})();
