// "Show me where": a person marks the words that answer, and they are checked before they are kept.

import { text } from "./api.js";
import { button, fill, h, lengthOf, slice } from "./dom.js";

/** @import { MarkedSpan, Target } from "./types.js" */
/** @import { TextView } from "./text.js" */

/** The bar over a document in which words are marked: with the mouse, or typed as they stand there. */
export class Picking {
  #words = h("input", {
    class: "picked", placeholder: "or type them", "aria-label": "The words that answer",
    dir: "auto", autocomplete: "off", on: { input: () => { this.#marked = null; this.#ready(); } },
  });
  #keep = h("button", { type: "submit", class: "primary", disabled: true }, "These words");
  #state = h("p", { class: "failed", role: "alert" });
  /** @type {MarkedSpan | null} */
  #marked = null;
  #heard = () => this.#look();

  /**
   * @param {() => {target: Target, view: TextView, revision: number} | null} shown the document that is open
   * @param {(span: MarkedSpan | null) => void} done called with the words, or null if there are none
   * @param {() => void} choose shows other documents
   */
  constructor(shown, done, choose) {
    this.shown = shown;
    this.done = done;
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      void this.#take();
    };
    this.element = h("form", { class: "picking", "aria-label": "Show me where", on: { submit } },
      h("p", {}, "Mark the words that answer."), this.#words,
      h("p", { class: "actions" }, this.#keep, button("Another document", choose), button("Cancel", () => this.#end(null))), this.#state);
    document.addEventListener("selectionchange", this.#heard);
  }

  /** Take what is marked on the page, if it is text of the document. */
  #look() {
    const shown = this.shown();
    const selection = document.getSelection();
    if (!shown || !selection?.rangeCount || selection.isCollapsed) return;
    const span = shown.view.spanOf(selection.getRangeAt(0));
    if (!span) return;
    const quote = shown.view.words(span);
    this.#marked = { document_id: shown.target.id, revision: shown.revision, ...span, quote };
    this.#words.value = quote;
    this.#ready();
  }

  #ready() {
    fill(this.#state);
    this.#keep.disabled = !this.#words.value.trim();
  }

  async #take() {
    const shown = this.shown();
    if (!shown) return;
    const { target: { collection, id }, revision } = shown;
    const span = this.#marked?.document_id === id ? this.#marked : null;
    if (span) return this.#end(span);
    const quote = this.#words.value.trim();
    const whole = await text(id, { collection, revision }).catch(() => "");
    const at = whole.indexOf(quote);
    if (at < 0) fill(this.#state, "These words are not in this document as they are written.");
    else if (whole.indexOf(quote, at + 1) >= 0) fill(this.#state, "These words are there more than once: mark them, or write more.");
    else {
      const start = lengthOf(whole.slice(0, at));
      this.#end({ document_id: id, revision, start, end: start + lengthOf(quote), quote });
    }
  }

  /** @param {MarkedSpan | null} span */
  #end(span) {
    document.removeEventListener("selectionchange", this.#heard);
    this.element.remove();
    this.done(span);
  }

  cancel() {
    this.#end(null);
  }
}

/** Return a span without white space at its ends; null if nothing is left. @param {string} words @param {number} start */
export function trimmed(words, start) {
  const whole = words.trim();
  if (!whole) return null;
  const from = start + lengthOf(words.slice(0, words.length - words.trimStart().length));
  return { start: from, end: from + lengthOf(whole) };
}

/** Return the words of a span in a text that begins at a code point. @param {string} words @param {number} at @param {{start: number, end: number}} span */
export const within = (words, at, { start, end }) => slice(words, start - at, end - at);
