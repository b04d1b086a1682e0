/* A socket that stays: opened again whenever it ends, until the server says that its thing is gone.

   Knows nothing of what is sent over it. The address is asked for anew each time, so that the server
   can be told what was seen last. It waits longer after each failure; a page that comes back to the
   front, or to the network, tries at once. */
(() => {
  "use strict";

  const GONE = 4404; // the server's code for what is not there, or not yours
  const FIRST = 500; // milliseconds
  const LONGEST = 8000;

  class StayingSocket {
    /**
     * @param {() => string} address path and query
     * @param {{opened: () => void, message: (message: object) => void,
     *   lost: (failures: number) => void, gone: () => void}} handlers
     */
    constructor(address, handlers) {
      this.address = address;
      this.handlers = handlers;
      this.socket = null;
      this.failures = 0;
      this.timer = 0;
      addEventListener("online", () => this.again());
      document.addEventListener("visibilitychange", () => { if (!document.hidden && this.timer) this.again(); });
      addEventListener("pagehide", () => this.leave());
      addEventListener("pageshow", (event) => { if (event.persisted) this.connect(); });
      this.connect();
    }

    connect() {
      clearTimeout(this.timer);
      this.timer = 0;
      const scheme = location.protocol === "https:" ? "wss:" : "ws:";
      const socket = (this.socket = new WebSocket(`${scheme}//${location.host}${this.address()}`));
      socket.addEventListener("open", () => {
        this.failures = 0;
        this.handlers.opened();
      });
      socket.addEventListener("message", (event) => this.handlers.message(JSON.parse(event.data)));
      socket.addEventListener("close", (event) => { if (socket === this.socket) this.closed(event.code); });
    }

    closed(code) {
      if (code === GONE) {
        this.handlers.gone();
        return;
      }
      const wait = Math.min(FIRST * 2 ** this.failures, LONGEST) * (0.8 + 0.4 * Math.random());
      this.failures += 1;
      this.handlers.lost(this.failures);
      this.timer = setTimeout(() => this.connect(), wait);
    }

    again() {
      if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
      this.failures = 0;
      this.connect();
    }

    /** Without a socket the browser can keep the page for the way back. */
    leave() {
      const old = this.socket;
      this.socket = null;
      clearTimeout(this.timer);
      old?.close();
    }
  }

  window.WukongSocket = StayingSocket;
})();
