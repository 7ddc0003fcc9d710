// A slider: one parameter, drawn from its declaration; numbers, switches, choices and texts.

import { Refused, send } from "./api.js";
import { make, say } from "./dom.js";
import { tell } from "./note.js";

const STEPS = 200;
const HANDS_OFF = 1500;

/** Round a number for the eye: three figures are enough. */
function spoken(value, kind) {
  if (kind !== "float") return String(value);
  return String(Number(value.toPrecision(3)));
}

class OrielSlider extends HTMLElement {
  #parameter;
  #touched = 0;
  #waiting;
  #sending = false;

  /** Draw the control of a parameter as /api/parameters declares it. */
  draw(parameter) {
    this.#parameter = parameter;
    const id = `set-${parameter.address.replaceAll("/", "-")}`;
    this.control = this.#control(parameter, id);
    this.control.disabled = !parameter.live;
    this.value = make("output", { htmlFor: id });
    this.reset = make("button", { type: "button", className: "reset", "aria-label": `Reset ${parameter.label}`, title: "Reset" }, "↺");
    this.reset.addEventListener("click", () => this.#release());
    this.control.addEventListener(parameter.kind === "text" ? "change" : "input", () => this.#moved());
    const label = make("label", { htmlFor: id }, parameter.label);
    this.replaceChildren(make("div", { className: "head" }, label, this.value), this.control, this.reset);
    this.#write(parameter.value);
    this.hold(parameter.touched);
    return this;
  }

  /** The parameter's address. */
  get address() {
    return this.#parameter.address;
  }

  /** Follow the show's value, unless a hand is on the control. */
  follow(value) {
    if (value === undefined || Date.now() - this.#touched < HANDS_OFF || document.activeElement === this.#typing()) return;
    this.#write(value);
  }

  /** Show whether a hand holds the parameter. */
  hold(held) {
    this.dataset.held = held;
    this.reset.disabled = !held;
  }

  #typing() {
    return this.#parameter.kind === "text" ? this.control : null;
  }

  #control(parameter, id) {
    if (parameter.kind === "bool") return make("input", { type: "checkbox", id, role: "switch" });
    if (parameter.kind === "text") return make("input", { type: "text", id, maxLength: 2000 });
    if (parameter.kind === "choice") {
      return make("select", { id }, ...parameter.choices.map((choice) => make("option", { value: choice }, choice)));
    }
    const { minimum, maximum } = parameter;
    if (minimum === null || maximum === null) return make("input", { type: "number", id, step: "any" });
    const step = parameter.kind === "int" ? 1 : (maximum - minimum) / STEPS;
    return make("input", { type: "range", id, min: minimum, max: maximum, step });
  }

  #read() {
    const { kind } = this.#parameter;
    if (kind === "bool") return this.control.checked;
    return kind === "float" || kind === "int" ? Number(this.control.value) : this.control.value;
  }

  #write(value) {
    const { kind, unit } = this.#parameter;
    if (kind === "bool") this.control.checked = value;
    else if (String(this.control.value) !== String(value)) this.control.value = value;
    const number = kind === "float" || kind === "int";
    say(this.value, number ? `${spoken(value, kind)} ${unit}`.trim() : kind === "bool" ? (value ? "on" : "off") : "");
  }

  #moved() {
    this.#touched = Date.now();
    this.#waiting = this.#read();
    this.#write(this.#waiting);
    this.hold(true);
    if (!this.#sending) this.#send();
  }

  // One message on its way at a time, and always the newest position.
  async #send() {
    this.#sending = true;
    try {
      while (this.#waiting !== undefined) {
        const value = this.#waiting;
        this.#waiting = undefined;
        await send("PUT", `/api/parameters/${this.address}`, { value });
      }
    } catch (error) {
      tell(error instanceof Refused ? error.message : `${this.#parameter.label} did not get through.`, error);
    } finally {
      this.#sending = false;
    }
  }

  async #release() {
    this.#waiting = undefined;
    this.#touched = 0;
    try {
      await send("POST", "/api/release", { address: this.address });
      this.hold(false);
    } catch (error) {
      tell(error.message, error);
    }
  }
}

customElements.define("oriel-slider", OrielSlider);
