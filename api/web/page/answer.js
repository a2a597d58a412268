// The answer on the page: the short answer first, then sentences with numbered citations.

import { button, h, slice } from "./dom.js";
import { numberOf, shortSpans, shortTexts } from "./citing.js";
import { withCard } from "./card.js";
import { paint, rangeOf } from "./marks.js";

/** @import { Answer, Citation, Segment } from "./types.js" */

/** The sentences of an answer, which arrive one by one and never change. */
export class Sentences {
  /** @param {(citation: Citation) => void} open called when a citation is opened */
  constructor(open) {
    this.element = h("div", { class: "sentences", role: "log", "aria-live": "polite", "aria-label": "Answer" });
    /** @type {Map<string, Citation>} */
    this.citations = new Map();
    this.count = 0;
    /** @type {{sentence: HTMLElement, start: number, end: number}[]} */
    this.shorts = [];
    this.open = open;
    this.end = 0;
  }

  clear() {
    this.element.replaceChildren();
    this.citations.clear();
    this.shorts = [];
    this.count = this.end = 0;
    this.paint();
  }

  /**
   * Add the next sentence as a whole, so that it is read out once.
   * @param {Segment} segment
   * @param {string} text the answer so far
   */
  add(segment, text) {
    const gap = slice(text, this.end, segment.start);
    const words = slice(text, segment.start, segment.end);
    const found = segment.citations.flatMap((id) => this.citations.get(id) ?? []);
    const sentence = h("span", { class: `sentence ${segment.support}` }, words);
    const marks = found.map((one) => this.#button(one));
    const doubt = segment.support === "unsupported" && h("span", { class: "doubt" }, "not supported by your documents");
    const whole = h("span", { class: "said" }, sentence, marks, doubt);
    const last = this.element.lastElementChild;
    if (last && !gap.includes("\n") && segment.support !== "quoted") last.append(gap || " ", whole);
    else this.element.append(h("p", { dir: "auto" }, whole));
    this.end = segment.end;
    this.count += 1;
    for (const one of found) if (segment.support === "quoted" && one.quote === words) this.#shorten(sentence, one);
  }

  /** Add text that cites nothing. @param {string} words */
  say(words) {
    for (const line of words.split("\n").filter((one) => one.trim())) {
      this.element.append(h("p", { dir: "auto" }, h("span", { class: "sentence" }, line)));
    }
  }

  /** @param {Citation} citation */
  #button(citation) {
    const number = numberOf(citation);
    const label = `Citation ${number}: ${citation.document.title}`;
    const made = button(number, () => this.open(citation), {
      class: "cite", "aria-label": label, "aria-expanded": "false", "aria-controls": "reader", "data-cite": citation.id,
    });
    withCard(made, citation);
    return made;
  }

  /** @param {HTMLElement} sentence @param {Citation} citation */
  #shorten(sentence, citation) {
    this.shorts.push(...shortSpans(citation).map(({ start, end }) => ({ sentence, start, end })));
    this.paint();
  }

  /** Mark the short answer within the sentences; again once they were off the page, which ends ranges. */
  paint() {
    paint(this, "short-answer", this.shorts.map(({ sentence, start, end }) => rangeOf(sentence, start, sentence, end)));
  }
}

/**
 * Return the short answer, large; nothing if the quotes have none.
 * @param {Pick<Answer, "citations" | "abstention">} answer
 * @param {(citation: Citation) => void} open
 */
export function shortAnswer(answer, open) {
  const conflict = answer.abstention?.reason === "conflicting_sources";
  const sides = answer.citations.flatMap((one) => {
    const words = shortTexts(one).join(" … ");
    return words ? [{ words, one }] : [];
  });
  const seen = new Set();
  const distinct = sides.filter(({ words }) => conflict || (!seen.has(words) && seen.add(words)));
  if (!distinct.length) return null;
  if (conflict) {
    /** @param {{words: string, one: Citation}} shown */
    const side = ({ words, one }) => h("li", {},
      h("span", { class: "short", dir: "auto" }, words),
      button(`${numberOf(one)} · ${one.document.title}`, () => open(one), { class: "side-source" }));
    return h("ul", { class: "sides", "aria-label": "What your documents say" }, distinct.map(side));
  }
  return h("p", { class: "short", dir: "auto" }, distinct.map(({ words }, at) => [at ? " · " : "", words]).flat());
}

/**
 * Return what a partial answer lacks, or that documents disagree; nothing for a whole answer.
 * @param {Answer} answer
 */
export function shortfall(answer) {
  if (answer.status !== "partial" || !answer.abstention) return null;
  const conflict = answer.abstention.reason === "conflicting_sources";
  const lead = conflict ? "Your documents disagree." : "This is a part of the answer.";
  return h("p", { class: "note" }, h("strong", {}, lead), ` ${answer.abstention.message}`);
}
