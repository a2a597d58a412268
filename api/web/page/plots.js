// Plots of points in SVG, made of elements.

import { h } from "./dom.js";

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [240, 160];

/** @param {string} name @param {Record<string, string | number>} attributes */
function svg(name, attributes) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/**
 * Return a figure of a line; null if there are no points.
 * @param {string} title
 * @param {string} across what is counted from left to right
 * @param {string} up what is counted upwards, from 0 to 1
 * @param {[number, number][]} points
 * @param {boolean} [dotted] dots, and the line on which they should be
 */
export function lines(title, across, up, points, dotted = false) {
  if (!points.length) return null;
  const most = Math.max(1, ...points.map(([x]) => x));
  const place = (/** @type {[number, number]} */ [x, y]) => `${((x / most) * WIDTH).toFixed(1)},${((1 - y) * HEIGHT).toFixed(1)}`;
  const made = svg("svg", { viewBox: `-4 -4 ${WIDTH + 8} ${HEIGHT + 8}`, role: "img", "aria-label": `${title}: ${up} by ${across}` });
  made.append(svg("path", { class: "axes", d: `M0,0V${HEIGHT}H${WIDTH}` }));
  if (dotted) made.append(svg("path", { class: "ideal", d: `M0,${HEIGHT}L${WIDTH},0` }));
  else made.append(svg("polyline", { class: "curve", points: points.map(place).join(" ") }));
  for (const point of dotted || points.length < 20 ? points : []) {
    const [cx = "", cy = ""] = place(point).split(",");
    made.append(svg("circle", { class: "dot", cx, cy, r: 3 }));
  }
  return h("figure", { class: "plot" }, h("figcaption", {}, h("strong", {}, title), h("span", { class: "quiet" }, ` ${up}, by ${across} (0–${most})`)), made);
}
