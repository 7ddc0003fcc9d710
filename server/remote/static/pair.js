// Pairing: for a phone that the show does not know yet.

import { get, Refused, send } from "./api.js";
import { make, say } from "./dom.js";

const LOOK = 2000;

/** Fires "paired" when the PIN was right, and "light" with the light that everybody may see. */
class OrielPair extends HTMLElement {
  #timer = 0;
  #wait = 0;

  connectedCallback() {
    this.pin = make("input", {
      id: "pin",
      type: "text",
      inputMode: "numeric",
      autocomplete: "one-time-code",
      maxLength: 6,
      pattern: "[0-9]{6}",
      required: true,
      placeholder: "······",
      "aria-describedby": "pair-said",
    });
    this.button = make("button", { type: "submit", id: "pair", className: "wide" }, "Pair this phone");
    this.said = make("p", { id: "pair-said", role: "alert" });
    const form = make("form", {}, make("label", { htmlFor: "pin" }, "PIN"), this.pin, this.said, this.button);
    form.addEventListener("submit", (event) => this.#try(event));
    this.pin.addEventListener("input", () => this.#typed(form));
    this.append(
      make("h2", {}, "Pair this phone"),
      make("p", { className: "how" }, "Point its camera at the square code on the wall. Or type the six digits beside it."),
      form,
    );
  }

  /** Begin or stop being the page. */
  show(shown) {
    clearInterval(this.#timer);
    if (!shown) return;
    say(this.said, location.hash === "#code-too-old" ? "That code was used or is too old. Scan the one on the wall now." : "");
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  async #look() {
    try {
      this.dispatchEvent(new CustomEvent("light", { detail: await get("/api/light") }));
    } catch {
      this.dispatchEvent(new CustomEvent("light", { detail: null }));
    }
  }

  #typed(form) {
    const digits = this.pin.value.replace(/\D/g, "").slice(0, 6);
    if (digits !== this.pin.value) this.pin.value = digits;
    if (digits.length === 6) form.requestSubmit();
  }

  async #try(event) {
    event.preventDefault();
    if (this.button.disabled) return;
    this.button.disabled = true;
    say(this.said, "");
    try {
      await send("POST", "/api/pair", { pin: this.pin.value });
      this.dispatchEvent(new Event("paired"));
    } catch (error) {
      say(this.said, error instanceof Refused ? error.message : "The machine does not answer. Try again.");
      this.#pause(error.words?.wait ?? 0);
    } finally {
      this.button.disabled = this.#wait > 0;
      this.pin.value = "";
      this.pin.focus();
    }
  }

  // Wrong PINs cost time; the button counts it down.
  #pause(seconds) {
    this.#wait = seconds;
    if (seconds <= 0) return;
    this.button.disabled = true;
    const timer = setInterval(() => {
      this.#wait -= 1;
      say(this.button, this.#wait > 0 ? `Wait ${this.#wait} s` : "Pair this phone");
      this.button.disabled = this.#wait > 0;
      if (this.#wait <= 0) clearInterval(timer);
    }, 1000);
    say(this.button, `Wait ${seconds} s`);
  }
}

customElements.define("oriel-pair", OrielPair);
