// More: for the artist and the technician. Scenes, every parameter, the parts of the machine, and phones.

import { command, get } from "./api.js";
import { make, qrPicture, say } from "./dom.js";
import { tell } from "./note.js";
import "./slider.js";

const GROUPS = { prompt: "Words", walk: "Walk", camera: "Camera", wall: "Wall", artist: "Artist" };
const NAMES = { projector: "Projection", render: "Painter", control: "Show control", supervisor: "Caretaker" };

/** Do a command and tell if it did not work. */
async function act(label, path, body) {
  try {
    const words = await command(path, body);
    tell(words.error ? `${label}: ${words.error}` : "");
    return words;
  } catch (error) {
    tell(`${label} did not get through. ${error.message}`, error);
    return null;
  }
}

function button(label, press, className = "plain") {
  const made = make("button", { type: "button", className }, label);
  made.addEventListener("click", press);
  return made;
}

class OrielMore extends HTMLElement {
  #sliders = [];
  #scenes = "";
  #cues = "";
  #loaded = false;

  connectedCallback() {
    this.scenes = make("div", { className: "scenes" });
    this.sliders = make("div", { className: "sliders" });
    this.parts = make("ul", { className: "parts" });
    this.adding = make("div", { className: "adding" });
    this.artist = make("a", { className: "link fine", href: "/artist", hidden: true }, "Records near the picture");
    this.back = button("Scene before", () => act(this.back.textContent, "/api/back"));
    this.cues = make("section", { hidden: true }, make("h2", {}, "Cues"), make("div", { className: "scenes" }));
    const moves = make(
      "div",
      { className: "row" },
      this.back,
      button("Pause", () => act("Pause", "/api/pause")),
      button("Fade to safe", () => act("Fade to safe", "/api/panic")),
    );
    const all = button("Reset everything", () => act("Reset everything", "/api/release", { address: "" }));
    const phones = make(
      "div",
      { className: "row" },
      button("Add a phone", () => this.#add()),
      button("Log out", () => this.#leave()),
    );
    this.append(
      make("section", {}, make("h2", {}, "Scenes"), this.scenes, moves),
      this.cues,
      make("section", {}, make("h2", {}, "Sliders"), this.sliders, all),
      make("section", {}, make("h2", {}, "Parts of the machine"), this.parts),
      make("section", {}, make("h2", {}, "Phones"), phones, this.adding, make("p", { className: "fine" }, FINE)),
      this.artist,
    );
  }

  /** Ask for the parameters when the page is opened. */
  async open() {
    if (this.#loaded) return;
    try {
      this.#draw(await get("/api/parameters"));
      this.#loaded = true;
    } catch (error) {
      tell("The sliders could not be read. " + error.message, error);
    }
  }

  /** Let the controls be moved, or not. */
  enable(enabled) {
    this.inert = !enabled;
  }

  /** Show the state. */
  show(state) {
    this.#showScenes(state.show);
    this.#showCues(state.show.cues ? state.show.cue_list : [], state.show.cues?.last);
    this.artist.hidden = !state.processes.some((part) => part.name === "critic");
    for (const slider of this.#sliders) {
      slider.follow(state.values[slider.address]);
      slider.hold(state.held.includes(slider.address));
    }
    const parts = state.processes.map((part) => JSON.stringify([part.name, part.light, part.sentence]));
    if (this.parts.dataset.shown !== parts.join()) {
      this.parts.dataset.shown = parts.join();
      this.parts.replaceChildren(...state.processes.map((part) => this.#part(part)));
    }
    state.processes.forEach((part, i) => {
      const age = this.parts.children[i].querySelector(".heard");
      say(age, part.age === null ? "" : part.age > 3 ? `heard ${Math.round(part.age)} s ago` : "");
    });
    if (!state.pairing) this.adding.replaceChildren();
  }

  #draw(parameters) {
    const groups = new Map();
    for (const parameter of parameters) {
      const name = parameter.address.split("/")[0];
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(document.createElement("oriel-slider").draw(parameter));
    }
    this.#sliders = [...groups.values()].flat();
    const boxes = [...groups].map(([name, sliders]) =>
      make("fieldset", {}, make("legend", {}, GROUPS[name] ?? name), ...sliders),
    );
    this.sliders.replaceChildren(...boxes);
  }

  #showScenes(show) {
    const shown = JSON.stringify([show.scenes, show.scene]);
    if (shown === this.#scenes) return;
    this.#scenes = shown;
    const keys = show.scenes.map((name, number) => {
      const key = button(`${number + 1} · ${name}`, () => act(name, "/api/jump", { scene: name }));
      if (number === show.scene) key.setAttribute("aria-current", "true");
      return key;
    });
    this.scenes.replaceChildren(...keys);
  }

  #showCues(list, last) {
    const shown = JSON.stringify([list, last]);
    if (shown === this.#cues) return;
    this.#cues = shown;
    this.cues.hidden = list.length === 0;
    say(this.back, list.length ? "Take back the last cue" : "Scene before");
    const keys = list.map(({ number, label }) => {
      const key = button(label, () => act(`Cue ${label}`, "/api/cue", { cue: number }));
      if (label === last) key.setAttribute("aria-current", "true");
      return key;
    });
    this.cues.lastElementChild.replaceChildren(...keys);
  }

  #part(part) {
    const name = NAMES[part.name] ?? `${part.name[0].toUpperCase()}${part.name.slice(1)}`;
    const heard = make("span", { className: "heard" });
    const words = make("div", {}, make("strong", {}, name), heard, make("p", {}, part.sentence));
    return make("li", { "data-light": part.light ?? "unknown" }, words);
  }

  async #add() {
    const words = await act("Add a phone", "/api/pairing");
    if (!words) return;
    const how = "Scan this with the new phone, or type the PIN on it. It is on the wall too, for ten minutes.";
    this.adding.replaceChildren(qrPicture(words.qr), make("p", { className: "pin" }, words.pin), make("p", {}, how));
  }

  async #leave() {
    if (await act("Log out", "/api/logout")) dispatchEvent(new Event("not-paired"));
  }
}

const FINE =
  "This page is not encrypted. Use it on the exhibition's own network only. What is done here is written down on the machine.";

customElements.define("oriel-more", OrielMore);
