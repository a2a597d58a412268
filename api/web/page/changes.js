// What changed between two revisions, line by line.

import { h } from "./dom.js";

const MOST = 1500; // lines that differ; more say that little is the same
const AROUND = 2; // lines that are shown around a change

/** @typedef {{kind: "same" | "gone" | "new", line: string}} Step */

/**
 * Return the steps from one list of lines to another; null if too much differs.
 * @param {string[]} before
 * @param {string[]} after
 * @returns {Step[] | null}
 */
export function steps(before, after) {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const old = before.slice(head, before.length - tail);
  const now = after.slice(head, after.length - tail);
  if (old.length > MOST || now.length > MOST) return null;
  /** @type {Step[]} */
  const made = before.slice(0, head).map((line) => ({ kind: "same", line }));
  // The length of the longest common rest of both, from each pair of lines on.
  const wide = now.length + 1;
  const common = new Uint16Array((old.length + 1) * wide);
  const at = (/** @type {number} */ i, /** @type {number} */ j) => common[i * wide + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      common[i * wide + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  for (let i = 0, j = 0; i < old.length || j < now.length;) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      made.push({ kind: "same", line: old[i] ?? "" });
      i++;
      j++;
    } else if (i < old.length && (j >= now.length || at(i + 1, j) >= at(i, j + 1))) made.push({ kind: "gone", line: old[i++] ?? "" });
    else made.push({ kind: "new", line: now[j++] ?? "" });
  }
  return [...made, ...before.slice(before.length - tail).map((line) => /** @type {Step} */ ({ kind: "same", line }))];
}

/** Return what changed from one text to another. @param {string} before @param {string} after */
export function changes(before, after) {
  const found = steps(before.split("\n"), after.split("\n"));
  if (!found) return h("p", {}, "Nearly everything changed.");
  const near = found.map((_, at) => found.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((one) => one.kind !== "same"));
  const words = { gone: "removed", new: "added" };
  const rows = found.flatMap((one, at) => row(one, at));
  return h("div", { class: "changes", role: "region", tabIndex: 0, "aria-label": "What changed" }, rows.length ? rows : "Only the metadata changed.");

  /** @param {Step} one @param {number} at @returns {HTMLElement[]} */
  function row(one, at) {
    if (!near[at]) return near[at - 1] ? [h("div", { class: "skipped", role: "separator" }, "⋯")] : [];
    if (one.kind === "same") return [h("div", { dir: "auto" }, one.line)];
    return [h(one.kind === "gone" ? "del" : "ins", { dir: "auto" }, h("span", { class: "unseen" }, `${words[one.kind]}: `), one.line)];
  }
}
