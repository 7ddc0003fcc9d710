// Live edits: the show file as text, where it is to land, and the way back.

import { command, get } from "./api.js";
import { make, say } from "./dom.js";

const PATIENCE = 20000;
const PLACES = ["next bar", "next beat", "now"];

class OrielEdit extends HTMLElement {
  connectedCallback() {
    this.text = make("textarea", { id: "edited", rows: 18, spellcheck: false, autocomplete: "off" });
    this.place = make("select", { id: "place" }, ...PLACES.map((place) => make("option", { value: place }, place)));
    this.land = make("button", { type: "submit" }, "Let it land");
    this.undo = make("button", { type: "button" }, "Take back");
    this.note = make("p", { className: "fine told", role: "status" });
    const line = make("div", { className: "line" }, make("label", { htmlFor: "place" }, "at"), this.place, this.land, this.undo);
    const about = make("p", { className: "fine" }, "The text takes the running show's place; the show file stays as it is.");
    const form = make("form", {}, make("label", { htmlFor: "edited" }, "The show file"), this.text, line, about);
    this.details = make("details", {}, make("summary", {}, "Edit the running show"), form);
    this.append(this.details, this.note);
    this.details.addEventListener("toggle", () => this.#open());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#do("/api/edit", { at: this.place.value, text: this.text.value });
    });
    this.undo.addEventListener("click", () => this.#do("/api/undo", { at: this.place.value }));
  }

  /** Show how edits stand. */
  show(edit) {
    this.undo.disabled = !edit || (edit.beats === null && edit.before === 0);
    if (this.land.disabled) return;
    if (edit?.beats !== null && edit?.beats !== undefined) say(this.note, `The edit lands in ${Math.ceil(edit.beats)} beats.`);
    else if (this.note.textContent.startsWith("The edit lands")) say(this.note, "The edit plays.");
  }

  async #open() {
    if (!this.details.open || this.text.value) return;
    try {
      this.text.value = (await get("/api/show", PATIENCE)).text;
    } catch (error) {
      say(this.note, error.words ? error.message : "The machine does not answer.");
    }
  }

  async #do(path, body) {
    this.land.disabled = true;
    say(this.note, "It is being checked.");
    try {
      await command(path, body, PATIENCE);
      say(this.note, "Taken.");
    } catch (error) {
      say(this.note, error.message);
    } finally {
      this.land.disabled = false;
    }
  }
}

customElements.define("oriel-edit", OrielEdit);
