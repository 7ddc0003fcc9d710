// The four big buttons, and the words of the scene above them. With a cue list, Next is GO.

import { command } from "./api.js";
import { icon, make, say } from "./dom.js";
import { tell } from "./note.js";

const KEYS = [
  ["start", "Start"],
  ["next", "Next"],
  ["stop", "Stop"],
  ["blackout", "Blackout"],
];

class OrielKeys extends HTMLElement {
  #blackout = false;
  #go = false;
  #focused = null;

  connectedCallback() {
    this.keys = {};
    for (const [name, label] of KEYS) {
      const text = make("span", {}, label);
      const key = make("button", { type: "button", id: name, disabled: true }, icon(name), text);
      key.addEventListener("click", () => this.#press(name, label));
      this.keys[name] = key;
    }
    this.keys.blackout.setAttribute("aria-pressed", "false");
    const { start, next, stop, blackout } = this.keys;
    this.append(make("div", { className: "go" }, start, next), make("div", { className: "halt" }, stop, blackout));
  }

  /** Let the buttons be pressed, or not while nobody knows whether it would help. */
  enable(enabled) {
    const { activeElement } = document;
    for (const key of Object.values(this.keys)) {
      if (!enabled && key === activeElement) this.#focused = key;
      key.disabled = !enabled;
    }
    if (enabled && this.#focused && (activeElement === document.body || !activeElement)) this.#focused.focus();
    if (enabled) this.#focused = null;
  }

  /** Show the state: which button matters now, and whether Blackout is on. */
  show(state) {
    this.#blackout = state.blackout;
    this.dataset.playing = state.show.playing ?? "unknown";
    this.#go = Boolean(state.show.cues);
    say(this.keys.next.lastElementChild, this.#go ? "GO" : "Next");
    const { blackout } = this.keys;
    blackout.setAttribute("aria-pressed", String(state.blackout));
    say(blackout.lastElementChild, state.blackout ? "Blackout is on" : "Blackout");
  }

  async #press(name, label) {
    const key = this.keys[name];
    key.dataset.busy = "";
    try {
      const body = name === "blackout" ? { on: !this.#blackout } : {};
      const words = await command(`/api/${name}`, body);
      tell(words.error ? `${label}: ${words.error}` : "");
    } catch (error) {
      const refused = error.status === 409;
      tell(refused ? error.message : `${name === "next" && this.#go ? "GO" : label} did not get through. ${error.message}`, error);
    } finally {
      delete key.dataset.busy;
    }
  }
}

class OrielScene extends HTMLElement {
  connectedCallback() {
    this.name = make("h2");
    this.caption = make("p", { className: "caption" });
    this.narration = make("p", { className: "narration" });
    this.cues = make("p", { className: "cues" });
    this.append(this.name, this.caption, this.narration, this.cues);
  }

  /** Show the scene's name and captions. */
  show({ show }) {
    const known = show.scene_name !== undefined;
    say(this.name, known ? `${show.scene + 1} · ${show.scene_name}` : "");
    say(this.caption, show.caption ?? "");
    say(this.narration, show.narration ?? "");
    say(this.cues, show.cues ? cueWords(show.cues) : "");
    this.cues.dataset.refused = String(Boolean(show.cues?.note));
  }
}

/** What GO will do, what waits, and why the last GO was refused. */
function cueWords({ next, last, waiting, note }) {
  const words = [note, next ? `GO fires ${next}` : "The cue list is at its end"];
  if (last) words.push(`last was ${last}`);
  words.push(...waiting.slice(0, 2).map(({ label, seconds }) => `${label} in ${Math.ceil(seconds)} s`));
  return words.filter(Boolean).join(" · ");
}

customElements.define("oriel-keys", OrielKeys);
customElements.define("oriel-scene", OrielScene);
