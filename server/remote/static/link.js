// The link to the machine: knows at any time whether what the page shows is true.
//
// A phone that was locked believes for minutes that its socket is open. So the page asks every second (ping) and believes
// only answers: two seconds without one, and everything turns grey and a new socket is opened. Waking up asks at once.

const PING = 1000;
const STALE = 2000;
const OPENING = 2000;
const AGAIN = 400;
const LOOK = 200;
const NOT_PAIRED = 4401;

/** Fires "state" (detail: the state) and "change" (detail: "connecting", "live", "lost" or "unpaired"). */
export class Link extends EventTarget {
  status = "connecting";
  #socket = null;
  #since = Date.now();
  #heard = Date.now();
  #pinged = 0;
  #next = 0;
  #timer = 0;

  /** Begin, or begin again after pairing. */
  start() {
    this.#since = this.#heard = Date.now();
    this.#become("connecting");
    this.#connect();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  /** Seconds since the machine last answered. */
  get silence() {
    return (Date.now() - this.#heard) / 1000;
  }

  /** Ask at once; called when the page is looked at again. */
  wake() {
    if (this.status === "unpaired") return;
    if (Date.now() - this.#heard > PING * 1.5) this.#connect();
    else this.#ping();
    this.#look();
  }

  #become(status) {
    if (this.status === status) return;
    this.status = status;
    this.dispatchEvent(new CustomEvent("change", { detail: status }));
  }

  #connect() {
    this.#drop();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.#socket = socket;
    this.#since = Date.now();
    socket.onopen = () => this.#ping();
    socket.onmessage = (message) => this.#take(JSON.parse(message.data));
    socket.onclose = (close) => this.#closed(close.code);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #take(words) {
    if ("pong" in words) this.#heard = Date.now();
    if ("state" in words) {
      if (this.status !== "live") this.#heard = Date.now();
      this.#become("live");
      this.dispatchEvent(new CustomEvent("state", { detail: words.state }));
    }
  }

  #closed(code) {
    this.#socket = null;
    this.#next = Date.now() + AGAIN;
    if (code === NOT_PAIRED) this.#end();
    else this.#ask();
  }

  // A refused socket does not tell why; a plain question does.
  async #ask() {
    try {
      const answer = await fetch("/api/state", { cache: "no-store", signal: AbortSignal.timeout(OPENING) });
      if (answer.status === 401) this.#end();
    } catch {
      return; // no answer: the next try will tell
    }
  }

  #end() {
    this.#drop();
    clearInterval(this.#timer);
    this.#become("unpaired");
  }

  #ping() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#pinged = Date.now();
    this.#socket.send(JSON.stringify({ ping: this.#pinged }));
  }

  #look() {
    const now = Date.now();
    const quiet = now - this.#heard > STALE;
    if (quiet) this.#become("lost");
    if (!this.#socket) {
      if (now >= this.#next) this.#connect();
    } else if (quiet && now - this.#since > OPENING) this.#connect();
    else if (now - this.#pinged >= PING) this.#ping();
  }
}
