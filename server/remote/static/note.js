// A note: one sentence about something that did not work, gone by itself after a while.

import { say } from "./dom.js";

const SECONDS = 8;
let timer = 0;

document.getElementById("note").addEventListener("click", () => tell(""));

/** Show a sentence ("" hides the last one); an `error` that means "not paired" is told to the whole page. */
export function tell(sentence, error) {
  clearTimeout(timer);
  say(document.getElementById("note"), sentence);
  if (sentence) timer = setTimeout(() => tell(""), SECONDS * 1000);
  if (error?.status === 401) dispatchEvent(new Event("not-paired"));
}
