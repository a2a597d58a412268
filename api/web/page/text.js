// A document's own characters, a window at a time, styled and never rewritten: offsets stay 1:1.

import { outline, text } from "./api.js";
import { button, h, lengthOf, unitOf } from "./dom.js";
import { Shapes } from "./shapes.js";
import { paint, rangeOf, unpaint } from "./marks.js";
import { trimmed, within } from "./picking.js";
import { Styler } from "./styling.js";

/** @import { Citation, Span, Target, Where } from "./types.js" */

const AROUND = 20_000; // code points fetched on each side of what is shown

/** @typedef {{element: HTMLElement, start: number, text: string}} Line a line, from a code point on */

export class TextView {
  /** @type {Line[]} */
  #lines = [];
  #blocks = h("div", { class: "blocks" });
  #before = button("Show what is before", () => void this.#extend(true), { class: "more" });
  #after = button("Show what follows", () => void this.#extend(false), { class: "more" });
  #start = 0;
  #end = 0;
  /** @type {IntersectionObserver | null} */
  #watching = null;

  /** @param {Target} target @param {Where} found @param {Citation[]} others */
  constructor(target, found, others) {
    this.target = target;
    this.found = found;
    this.others = others;
    this.element = h("div", { class: "text" }, this.#before, this.#blocks, this.#after);
  }

  async begin() {
    const { start, end } = this.#cited;
    this.#start = Math.max(0, start - AROUND);
    this.#end = Math.min(this.found.length, end + AROUND);
    await this.#show(this.#start, this.#end);
    this.#paint();
    if (this.target.start !== undefined) this.#reveal();
    this.#watching = new IntersectionObserver((seen) => {
      for (const one of seen) if (one.isIntersecting && one.target === this.#after) void this.#extend(false);
    }, { rootMargin: "600px" });
    this.#watching.observe(this.#after);
  }

  end() {
    this.#watching?.disconnect();
    unpaint(this);
  }

  get #cited() {
    return { start: this.target.start ?? 0, end: this.target.end ?? this.target.start ?? 0 };
  }

  /** Fetch and show what is from a code point to another. @param {number} start @param {number} end */
  async #show(start, end, isBefore = false) {
    const { collection, id } = this.target;
    const query = { collection, revision: this.found.revision, start, end };
    const [words, shapes] = await Promise.all([text(id, query), outline(id, query)]);
    this.#add(words, start, isBefore, new Shapes(shapes));
  }

  /** @param {boolean} isBefore */
  async #extend(isBefore) {
    const start = isBefore ? Math.max(0, this.#start - AROUND) : this.#end;
    const end = isBefore ? this.#start : Math.min(this.found.length, this.#end + AROUND);
    if (start >= end) return;
    if (isBefore) this.#start = start;
    else this.#end = end;
    const height = this.element.scrollHeight;
    await this.#show(start, end, isBefore);
    const pane = this.element.parentElement;
    if (isBefore && pane) pane.scrollTop += this.element.scrollHeight - height;
    this.#paint();
  }

  /** @param {string} words @param {number} start @param {boolean} isBefore @param {Shapes} shapes */
  #add(words, start, isBefore, shapes) {
    const styler = new Styler(this.found.media_type);
    /** @type {HTMLElement[]} */
    const elements = [];
    const made = (words.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => {
      const at = start;
      start += lengthOf(line);
      const { element, head } = shapes.line(line, at, start, styler);
      if (head) elements.push(head);
      elements.push(element);
      return { element, start: at, text: line };
    });
    if (isBefore) this.#blocks.prepend(...elements);
    else this.#blocks.append(...elements);
    this.#lines = isBefore ? [...made, ...this.#lines] : [...this.#lines, ...made];
    this.#before.hidden = this.#start <= 0;
    this.#after.hidden = this.#end >= this.found.length;
    paint(this, "markup", this.#lines.flatMap((one) =>
      styler.markup(one.text).map(({ start: from, end }) => rangeOf(one.element, from, one.element, end))));
  }

  #paint() {
    const cited = this.#range(this.#cited);
    const present = (/** @type {Range | null} */ one) => one !== null;
    paint(this, "cited", [cited].filter(present));
    paint(this, "cited-other", this.others.map((one) => this.#range(one)).filter(present));
    paint(this, "short-answer", (this.target.highlights ?? []).map((one) => this.#range(one)).filter(present));
  }

  /** Return the range of a span of the document; null if it is not all on the page. @param {Span} span */
  #range({ start, end }) {
    const last = this.#lineAt(end - 1);
    const first = this.#lineAt(start);
    if (!first || !last || start >= end || end > this.#end) return null;
    return rangeOf(first.element, unitOf(first.text, start - first.start),
      last.element, unitOf(last.text, end - last.start));
  }

  /** @param {number} point */
  #lineAt(point) {
    let low = 0;
    let high = this.#lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (/** @type {Line} */ (this.#lines[middle]).start <= point) low = middle + 1;
      else high = middle;
    }
    return this.#lines[low - 1];
  }

  /**
   * Return the span of what is marked on the page, in code points; null if it is not of this text.
   * @param {Range} range
   */
  spanOf(range) {
    const start = this.#point(range.startContainer, range.startOffset);
    const end = this.#point(range.endContainer, range.endOffset);
    if (start === null || end === null || start >= end) return null;
    return trimmed(this.words({ start, end }), start);
  }

  /** Return the document's own characters of a span that is on the page. @param {Span} span */
  words({ start, end }) {
    const lines = this.#lines.filter((one) => one.start < end && one.start + lengthOf(one.text) > start);
    const from = lines[0]?.start ?? 0;
    return within(lines.map((one) => one.text).join(""), from, { start: Math.max(start, from), end });
  }

  /** @param {Node} node @param {number} offset */
  #point(node, offset) {
    if (node === this.#blocks) return this.#lines[offset]?.start ?? this.#end;
    const line = this.#lines.find((one) => one.element.contains(node));
    if (!line) return null;
    const before = document.createRange();
    before.selectNodeContents(line.element);
    before.setEnd(node, offset);
    return line.start + lengthOf(before.toString());
  }

  #reveal() {
    const line = this.#lineAt(this.#cited.start);
    const range = this.#range(this.#cited);
    const pane = this.element.parentElement;
    line?.element.classList.add("at");
    const shown = (range ?? line?.element)?.getBoundingClientRect();
    if (!pane || !shown) return;
    const around = pane.getBoundingClientRect();
    pane.scrollTop += shown.top - around.top - pane.clientHeight / 3;
    pane.scrollLeft += Math.max(0, shown.right - around.right); // of a wide table
  }
}
