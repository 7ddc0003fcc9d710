// The artist's page: what the wall shows, and the records of the training set that lie nearest to it or to words.

import "./edit.js";
import "./keys.js";
import "./light.js";
import { Link } from "./link.js";
import "./pair.js";
import "./records.js";
import "./wall.js";
import { say } from "./dom.js";
import { tell } from "./note.js";

const LOOK = 250;
const root = document.documentElement;
const part = (name) => document.querySelector(`oriel-${name}`);
const [light, wall, scene, near, find, edit, pair] = ["light", "wall", "scene", "near", "find", "edit", "pair"].map(part);
const link = new Link();

function view() {
  root.dataset.view = link.status === "unpaired" ? "pair" : "artist";
  pair.show(link.status === "unpaired");
  watch();
}

function watch() {
  const wanted = link.status === "live" && document.visibilityState === "visible";
  wall.want(wanted);
  near.want(wanted);
}

function look() {
  if (link.status === "lost") light.showLost(Math.floor(link.silence));
  wall.look();
}

link.addEventListener("change", () => {
  root.dataset.link = link.status;
  find.enable(link.status === "live");
  view();
  look();
});

link.addEventListener("state", ({ detail: state }) => {
  document.title = `Records · ${state.show.title}`;
  say(document.getElementById("title"), state.show.title);
  light.show(state.light);
  scene.show(state);
  edit.show(state.show.edit);
  const camera = Object.entries(state.show.camera ?? {}).map(([name, words]) => `${name} ${words}`);
  say(document.getElementById("camera"), camera.length ? `The camera so far: ${camera.join("; ")}.` : "");
  near.score(state.processes.find((process) => process.name === "critic")?.numbers ?? {});
});

pair.addEventListener("light", ({ detail }) => {
  if (detail) light.show(detail);
  else light.showLost(Math.floor(link.silence));
});

pair.addEventListener("paired", () => {
  history.replaceState(null, "", "/artist");
  tell("");
  link.start();
});

addEventListener("pageshow", () => link.wake());
addEventListener("online", () => link.wake());
addEventListener("focus", () => link.wake());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") link.wake();
  watch();
});

setInterval(look, LOOK);
link.start();
