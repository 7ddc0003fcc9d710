// The light: one colour, one icon, one word, one sentence, and what to do.

import { icon, make, say } from "./dom.js";

class OrielLight extends HTMLElement {
  connectedCallback() {
    this.lamp = make("span", { className: "lamp" });
    this.word = make("span", { className: "word" });
    this.sentence = make("span", { className: "sentence" });
    this.count = make("span", { className: "count", "aria-hidden": "true" });
    this.advice = make("p", { className: "advice" });
    const live = make("p", { role: "status" }, this.word, this.sentence, this.count);
    this.append(this.lamp, make("div", { className: "words" }, live, this.advice));
    this.show({ icon: "unknown", light: "unknown", word: "Connecting", sentence: "Connecting to the show.", advice: "" });
  }

  /** Show a light as the machine says it. */
  show(light) {
    document.documentElement.dataset.light = light.light;
    if (this.lamp.dataset.icon !== light.icon) {
      this.lamp.dataset.icon = light.icon;
      this.lamp.replaceChildren(icon(light.icon));
    }
    say(this.word, light.word);
    say(this.sentence, light.sentence);
    say(this.count, "");
    say(this.advice, light.advice);
  }

  /** Show that nobody knows: nothing was heard for so many seconds. */
  showLost(seconds) {
    this.show({
      icon: "unknown",
      light: "unknown",
      word: "Unknown",
      sentence: "Connection lost",
      advice: "The show goes on. Stay near its wireless network.",
    });
    say(this.count, ` for ${seconds} s; trying again`);
  }
}

customElements.define("oriel-light", OrielLight);
