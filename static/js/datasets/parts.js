// A large file in parts: what has arrived stays, and is not sent again after a broken connection or
// after the page was loaded anew and the same file chosen.
"use strict";

studio.parts = (() => {
  const PAUSES = [1, 2, 4, 8, 15, 30]; // seconds before a request is tried again, the last one for ever after
  const GIVE_UP = 15 * 60 * 1000; // without any answer
  const AGAIN = new Set([0, 408, 429, 500, 502, 503, 504]); // 0: no answer at all
  const END = 64 * 1024;

  const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    return rest >>> 0;
  });

  /** CRC-32 of bytes, as zlib has it; there without a secure context, unlike SHA-256. */
  function crc32(bytes) {
    let rest = 0xffffffff;
    for (let at = 0; at < bytes.length; at += 1) rest = TABLE[(rest ^ bytes[at]) & 255] ^ (rest >>> 8);
    return (rest ^ 0xffffffff) >>> 0;
  }

  const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());
  const hex = (number) => number.toString(16).padStart(8, "0");

  /** What this file is known by: its name, size and time, and what stands at its ends. */
  async function fingerprint(file) {
    const ends = [file.slice(0, END), file.slice(-END), new Blob([file.name])];
    const sums = await Promise.all(ends.map(async (one) => hex(crc32(await bytesOf(one)))));
    return sums.join("") + hex(file.size) + hex(file.lastModified);
  }

  /** What the server said, other than what was asked for. */
  class Refused extends Error {
    constructor(status, answer) {
      super(`refused with ${status}`);
      this.status = status;
      this.answer = answer;
    }
  }

  /** One POST; resolves with the status and the JSON of the answer, null where it is none. */
  function post(address, fields, signal, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const stop = () => request.abort();
      signal.addEventListener("abort", stop);
      request.upload.addEventListener("progress", (step) => progress?.(step.loaded));
      request.addEventListener("abort", () => reject(signal.reason));
      request.addEventListener("loadend", () => {
        signal.removeEventListener("abort", stop);
        let answer = null;
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          answer = null;
        }
        resolve([request.status, answer]);
      });
      request.open("POST", address);
      request.setRequestHeader("Accept", "application/json");
      request.send(fields);
    });
  }

  /** Wait some seconds, or until the browser is back on the network. */
  function pause(seconds, signal) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(done, seconds * 1000);
      function done() {
        clearTimeout(timer);
        window.removeEventListener("online", done);
        signal.removeEventListener("abort", stopped);
        resolve();
      }
      function stopped() {
        done();
        reject(signal.reason);
      }
      window.addEventListener("online", done);
      signal.addEventListener("abort", stopped);
      if (signal.aborted) stopped();
    });
  }

  /**
   * Send a file in parts.
   *
   * @param {HTMLFormElement} form whose other fields go along; `data-parts` is where to begin.
   * @param {File} file
   * @param {AbortSignal} signal stops it; the parts are removed then.
   * @param {{sent: (bytes: number) => void, kept: (bytes: number) => void, waits: (seconds: number) => void}} tell
   *     how many bytes are there; how many were there before; for how long it waits for the network.
   * @returns {Promise<string>} the address of the data set's page.
   */
  async function send(form, file, signal, tell) {
    const token = new FormData(form).get("csrfmiddlewaretoken");
    let heard = performance.now();

    async function asked(address, fields, also = [], progress = undefined) {
      for (let attempt = 0; ; attempt += 1) {
        signal.throwIfAborted();
        const [status, answer] = await post(address, fields, signal, progress);
        if (status >= 200 && status < 300 && answer) {
          heard = performance.now();
          return answer;
        }
        const again = AGAIN.has(status) || also.includes(status) || answer?.code === "checksum_mismatch";
        if (!again || performance.now() - heard > GIVE_UP) throw new Refused(status, answer);
        const seconds = PAUSES[Math.min(attempt, PAUSES.length - 1)];
        tell.waits(seconds);
        await pause(seconds, signal);
      }
    }

    const fields = new FormData(form);
    fields.delete("file");
    fields.set("filename", file.name);
    fields.set("bytes", file.size);
    fields.set("fingerprint", await fingerprint(file));
    const upload = await asked(form.dataset.parts, fields);
    try {
      const there = new Set(upload.there);
      const size = (number) => Math.min(upload.part_bytes, file.size - number * upload.part_bytes);
      let sent = [...there].reduce((sum, number) => sum + size(number), 0);
      tell.kept(sent);
      tell.sent(sent);
      for (let number = 0; number * upload.part_bytes < file.size; number += 1) {
        if (there.has(number)) continue;
        const from = number * upload.part_bytes;
        const blob = file.slice(from, from + size(number));
        const part = new FormData();
        part.set("csrfmiddlewaretoken", token);
        part.set("number", number);
        part.set("crc32", crc32(await bytesOf(blob)));
        part.set("part", blob, "part");
        try {
          await asked(upload.part_url, part, [], (loaded) => tell.sent(sent + Math.min(loaded, blob.size)));
        } catch (error) {
          if (error.status === 409) break; // another tab has sent the rest, or has stopped it
          throw error;
        }
        sent += blob.size;
        tell.sent(sent);
      }
      const last = new FormData();
      last.set("csrfmiddlewaretoken", token);
      // 409: an answer was lost, and the first request still puts the parts together.
      return (await asked(upload.complete_url, last, [409])).url;
    } catch (error) {
      if (signal.aborted) {
        const stopped = new FormData();
        stopped.set("csrfmiddlewaretoken", token);
        fetch(upload.cancel_url, { method: "POST", body: stopped });
      }
      throw error;
    }
  }

  return { send, crc32, Refused };
})();
