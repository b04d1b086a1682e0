/* Searching, smoothing and thinning the points of a curve: lists that ascend by step. */
(() => {
  "use strict";

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

  window.WukongPoints = { lowerBound, nearest, smoothed, rowsKept };
})();
