// The page: one link to the machine, and who shows what it says.

import "./keys.js";
import "./light.js";
import { Link } from "./link.js";
import "./more.js";
import "./pair.js";
import "./wall.js";
import { say } from "./dom.js";
import { tell } from "./note.js";

const LOOK = 250;
const root = document.documentElement;
const part = (name) => document.querySelector(`oriel-${name}`);
const [light, wall, scene, keys, more, pair] = ["light", "wall", "scene", "keys", "more", "pair"].map(part);
const link = new Link();

function view() {
  const name = link.status === "unpaired" ? "pair" : location.hash === "#more" ? "more" : "now";
  if (root.dataset.view !== name) scrollTo(0, 0);
  root.dataset.view = name;
  pair.show(name === "pair");
  if (name === "more" && link.status === "live") more.open();
  watch();
}

function watch() {
  wall.want(link.status === "live" && root.dataset.view === "now" && document.visibilityState === "visible");
}

function look() {
  if (link.status === "lost") light.showLost(Math.floor(link.silence));
  wall.look();
}

link.addEventListener("change", () => {
  root.dataset.link = link.status;
  keys.enable(link.status === "live");
  more.enable(link.status === "live");
  view();
  look();
});

link.addEventListener("state", ({ detail: state }) => {
  document.title = `${state.light.word} · ${state.show.title}`;
  say(document.getElementById("title"), state.show.title);
  light.show(state.light);
  scene.show(state);
  keys.show(state);
  more.show(state);
});

pair.addEventListener("light", ({ detail }) => {
  if (detail) light.show(detail);
  else light.showLost(Math.floor(link.silence));
});

pair.addEventListener("paired", () => {
  history.replaceState(null, "", "/");
  tell("");
  link.start();
});

addEventListener("not-paired", () => link.start());
addEventListener("hashchange", view);
addEventListener("pageshow", () => link.wake());
addEventListener("online", () => link.wake());
addEventListener("focus", () => link.wake());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") link.wake();
  watch();
});

setInterval(look, LOOK);
link.start();
