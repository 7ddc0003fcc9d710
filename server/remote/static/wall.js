// The wall: a small live picture of what visitors see, always with its age.

import { make, say } from "./dom.js";

const HEAD = 8;
const AGAIN = 700;
const OLD = 2.5;

class OrielWall extends HTMLElement {
  #socket = null;
  #wanted = false;
  #at = 0;

  connectedCallback() {
    this.canvas = make("canvas", { width: 1, height: 1, role: "img", "aria-label": "What the wall shows now" });
    this.age = make("p", { className: "age" });
    this.append(this.canvas, this.age);
    this.look();
  }

  /** Begin or stop asking for pictures. */
  want(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) this.#connect();
    else this.#drop();
  }

  /** Say how old the picture is; called a few times a second. */
  look() {
    const seconds = (Date.now() - this.#at) / 1000;
    const old = this.#at === 0 || seconds > OLD;
    this.dataset.age = this.#at === 0 ? "none" : old ? "old" : "live";
    const spoken = seconds < 120 ? `${Math.round(seconds)} s old` : `${Math.round(seconds / 60)} min old`;
    say(this.age, this.#at === 0 ? "No picture yet" : old ? spoken : "live");
  }

  #connect() {
    this.#drop();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/preview`);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (message) => this.#take(socket, message.data);
    socket.onclose = () => {
      if (this.#socket === socket && this.#wanted) setTimeout(() => this.#again(socket), AGAIN);
    };
    this.#socket = socket;
  }

  #again(socket) {
    if (this.#socket === socket && this.#wanted) this.#connect();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  async #take(socket, data) {
    const head = new DataView(data);
    const id = head.getUint32(0);
    const taken = Date.now() - head.getUint32(4);
    try {
      const picture = await createImageBitmap(new Blob([new Uint8Array(data, HEAD)], { type: "image/jpeg" }));
      this.#draw(picture);
      this.#at = taken;
      this.look();
    } catch {
      // A picture that cannot be read is let go; the next one comes.
    }
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ ack: id }));
  }

  #draw(picture) {
    const { canvas } = this;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
      this.style.setProperty("--ratio", picture.width / picture.height);
    }
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
  }
}

customElements.define("oriel-wall", OrielWall);
