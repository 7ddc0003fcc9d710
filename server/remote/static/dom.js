// Building the page from texts only: nothing that comes from the machine is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element with properties (or, for names with a dash and `role`, attributes) and children (nodes or texts). */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Set an element's text, and touch it only when it changed, so that screen readers speak once. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const SHAPES = {
  tick: ["M6 12.5l4 4 8-9"],
  mind: ["M12 6v7.5", "M12 17.5v.01"],
  cross: ["M7.5 7.5l9 9", "M16.5 7.5l-9 9"],
  unknown: ["M9.2 9.3a2.9 2.9 0 1 1 4.2 2.6c-.9.5-1.4 1-1.4 2", "M12 17.5v.01"],
  start: ["M8 5.5v13l11-6.5z"],
  stop: ["M7 7h10v10H7z"],
  next: ["M6 6v12l9-6z", "M18 6v12"],
  blackout: ["M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16", "M6.5 17.5l11-11"],
};

/** Make an icon of the page as SVG; it is decoration, the word stands beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const shape of SHAPES[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}

/** Make the picture of a QR code from its rows of "0" and "1" joined by "/". */
export function qrPicture(rows) {
  const lines = rows.split("/");
  const size = lines.length + 8;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "The code to scan with the new phone");
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(SVG, "path");
  let d = "";
  lines.forEach((line, y) => {
    for (let x = 0; x < line.length; x += 1) if (line[x] === "1") d += `M${x + 4} ${y + 4}h1v1h-1z`;
  });
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
}
