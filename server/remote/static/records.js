// Records of the training set: those nearest to each wing of the wall, asked for again and again, and those nearest to words.

import { get } from "./api.js";
import { make, say } from "./dom.js";

const AGAIN = 3000;
const PATIENCE = 12_000;

/** A number between -1 and 1 as a reader says it. */
const percent = (likeness) => `${Math.max(0, Math.round(likeness * 100))} %`;

/** Texts with `commands` set apart, as nodes. */
function spoken(text) {
  return text.split("`").map((piece, place) => (place % 2 ? make("code", {}, piece) : piece));
}

function card(record) {
  const picture = make("img", { src: record.picture, alt: `Record ${record.number}`, decoding: "sync" });
  const likeness = make("span", { className: "likeness" });
  const facts = make("p", { className: "facts" }, likeness, make("span", {}, `no. ${record.number}`));
  return make("li", {}, make("div", { className: "mount" }, picture), make("p", { className: "said" }, record.caption), facts);
}

/** A list of records that keeps the cards of those that stay. */
class Cards {
  element = make("ul", { className: "cards" });
  #cards = new Map();

  show(records) {
    const before = this.#cards;
    this.#cards = new Map(records.map((record) => [record.number, before.get(record.number) ?? card(record)]));
    for (const record of records) say(this.#cards.get(record.number).querySelector(".likeness"), `${percent(record.likeness)} alike`);
    const wanted = [...this.#cards.values()];
    if (wanted.some((one, place) => this.element.children[place] !== one) || this.element.children.length !== wanted.length) {
      this.element.replaceChildren(...wanted);
    }
  }
}

class OrielNear extends HTMLElement {
  #wanted = false;
  #timer = 0;
  #asking = false;
  #wings = new Map();
  #scores = {};

  connectedCallback() {
    this.note = make("p", { className: "fine", role: "status" });
    this.wings = make("div", { className: "wings" });
    this.append(make("h2", {}, "Nearest to the wall"), this.note, this.wings);
    this.#tell("Looking for records.");
  }

  /** Begin or stop asking. */
  want(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearInterval(this.#timer);
    if (!wanted) return;
    this.#timer = setInterval(() => this.#ask(), AGAIN);
    this.#ask();
  }

  /** Show how well each wing fits its words, by the critic's numbers "score/<region>". */
  score(numbers) {
    this.#scores = numbers;
    for (const [region, wing] of this.#wings) {
      const score = numbers[`score/${region}`];
      say(wing.score, score === undefined ? "" : `fits its words ${percent(score)}`);
    }
  }

  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.#show((await get("/api/records", PATIENCE)).records);
      this.#tell("What the model has learnt from that is most like each wing now.");
      delete this.dataset.old;
    } catch (error) {
      this.#tell(error.words ? error.message : "The machine does not answer.");
      this.dataset.old = "";
    } finally {
      this.#asking = false;
    }
  }

  #tell(text) {
    if (this.note.textContent !== text.replaceAll("`", "")) this.note.replaceChildren(...spoken(text));
  }

  #show(records) {
    const regions = [...new Set(records.map((record) => record.region))];
    if (regions.join("/") !== [...this.#wings.keys()].join("/")) {
      this.#wings = new Map(regions.map((region) => [region, this.#wing(region)]));
      this.wings.replaceChildren(...[...this.#wings.values()].map((wing) => wing.element));
    }
    for (const [region, wing] of this.#wings) wing.cards.show(records.filter((record) => record.region === region));
    this.score(this.#scores);
  }

  #wing(region) {
    const cards = new Cards();
    const score = make("span");
    const element = make("section", {}, make("h3", {}, make("span", {}, region), score), cards.element);
    return { cards, score, element };
  }
}

class OrielFind extends HTMLElement {
  #cards = new Cards();

  connectedCallback() {
    this.words = make("input", { id: "words", type: "search", maxLength: 200, required: true, placeholder: "a red sea at night", enterKeyHint: "search", autocomplete: "off" });
    this.button = make("button", { type: "submit" }, "Find");
    this.note = make("p", { className: "fine", role: "status" });
    const line = make("div", { className: "line" }, this.words, this.button);
    const form = make("form", {}, make("label", { htmlFor: "words" }, "Nearest to words"), line, this.note);
    form.addEventListener("submit", (event) => this.#ask(event));
    this.append(form, this.#cards.element);
  }

  /** Let words be asked for, or not. */
  enable(enabled) {
    this.inert = !enabled;
  }

  async #ask(event) {
    event.preventDefault();
    const words = this.words.value.trim();
    if (!words || this.button.disabled) return;
    this.button.disabled = true;
    this.button.dataset.busy = "";
    try {
      const { records } = await get(`/api/records?words=${encodeURIComponent(words)}`, PATIENCE);
      this.#cards.show(records);
      say(this.note, records.length ? "" : "Nothing was found.");
    } catch (error) {
      this.note.replaceChildren(...spoken(error.words ? error.message : "The machine does not answer. Try again."));
    } finally {
      this.button.disabled = false;
      delete this.button.dataset.busy;
    }
  }
}

customElements.define("oriel-near", OrielNear);
customElements.define("oriel-find", OrielFind);
