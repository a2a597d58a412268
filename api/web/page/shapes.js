// Headings and rows of tables as they look in their files; each line keeps all of its characters.

import { h, slice } from "./dom.js";

/** @import { Grid, GridCell, Outline } from "./types.js" */
/** @import { Styler } from "./styling.js" */

export class Shapes {
  /** @type {Map<number, number>} */
  #levels;
  /** @type {{cells: GridCell[], grid: Grid}[]} */
  #rows;
  #row = 0;
  /** @type {Grid | null} */
  #above = null;

  /** @param {Outline} outline */
  constructor({ headings, tables }) {
    this.#levels = new Map(headings.map((one) => [one.start, one.level]));
    this.#rows = tables.flatMap((grid) => grid.rows.map((cells) => ({ cells, grid })));
  }

  /**
   * Return the element of the next line, and the head of the table that begins with it.
   * @param {string} line
   * @param {number} start
   * @param {number} end
   * @param {Styler} styler
   */
  line(line, start, end, styler) {
    while (this.#at < start) this.#row += 1;
    const next = this.#rows[this.#row];
    const found = this.#at < end ? next : undefined;
    if (!line.trim()) {
      const between = next && next.grid === this.#above ? " between" : "";
      return { element: h("div", { class: `line blank${between}` }, line) };
    }
    const begins = found && found.grid !== this.#above;
    this.#above = found?.grid ?? null;
    if (found) return { element: row(line, start, found.cells, found.grid), head: begins ? head(found.grid) : undefined };
    const level = this.#levels.get(start);
    const kind = level && !styler.markdown ? `heading level-${level}` : styler.kind(line);
    return { element: h("div", { class: `line ${kind}`, dir: "auto" }, line) };
  }

  /** Where the next row begins. */
  get #at() {
    return this.#rows[this.#row]?.cells[0]?.start ?? Infinity;
  }
}

/** @param {string} line @param {number} start @param {GridCell[]} cells @param {Grid} grid */
function row(line, start, cells, { labels }) {
  const element = h("div", { class: "line row" });
  let done = start;
  labels.forEach((_, column) => {
    const cell = cells.find((one) => one.column === column);
    const shown = h("span", { class: "cell", dir: "auto" });
    if (cell) {
      shown.append(hidden(slice(line, done - start, cell.start - start)), slice(line, cell.start - start, cell.end - start));
      done = cell.end;
    }
    element.append(shown);
  });
  element.lastElementChild?.append(hidden(slice(line, done - start, line.length)));
  return element;
}

/** Return what stands in the text, but not in the cell. @param {string} words */
const hidden = (words) => h("span", { class: "unseen" }, words);

/** @param {Grid} grid */
function head({ labels }) {
  const cells = labels.map((label) => h("span", { class: "cell", "data-label": label }));
  return h("div", { class: "row head", "aria-hidden": "true" }, ...cells);
}
