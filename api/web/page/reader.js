// A document with the cited words lit up: its text, or its pages as pictures.

import { address, documentPath, fileAddress, Problem, text, where } from "./api.js";
import { button, fill, h, lengthOf, webAddress } from "./dom.js";
import { changes } from "./changes.js";
import { chooser } from "./choosing.js";
import { placeWords, readerAddress } from "./citing.js";
import { Pages } from "./pages.js";
import { Picking } from "./picking.js";
import { keptKey } from "./signin.js";
import { TextView } from "./text.js";

/** @import { Citation, Target, Where } from "./types.js" */

/** Return whether a document covers what stands behind it. */
export const isNarrow = () => matchMedia("(max-width: 61.99rem)").matches;
const MOST_COMPARED = 2_000_000; // characters of a newest revision that are looked through

export class Reader extends HTMLElement {
  /** Called when the reader is closed. */
  closed = () => {};
  /** Called when another citation is shown. @type {(citation: Citation | null) => void} */
  changed = () => {};
  /** Whether the document is all that the page shows: then it cannot be closed. */
  alone = false;
  /** @type {Target | null} */
  target = null;
  /** @type {Citation[]} */
  citations = [];
  /** @type {Citation | null} */
  current = null;
  /** @type {Where | null} */
  #found = null;
  /** @type {TextView | Pages | null} */
  #view = null;
  #shape = /** @type {"pages" | "text"} */ ("pages");
  #head = h("header", { class: "reader-head" });
  #note = h("div", { class: "reader-note" });
  #bar = h("div", {});
  /** @type {Picking | null} */
  #picking = null;
  #body = h("div", { class: "reader-body", tabIndex: 0, role: "region", "aria-label": "Document" });

  connectedCallback() {
    this.id = "reader";
    this.hidden = !this.target && !this.#picking;
    if (!this.childElementCount) this.append(this.#head, this.#note, this.#bar, this.#body);
  }

  disconnectedCallback() {
    this.#view?.end();
  }

  /** @param {Citation} citation @param {Citation[]} all @param {string} collection */
  showCitation(citation, all, collection) {
    this.citations = all;
    this.current = citation;
    const { document: of, start, end, highlights } = citation;
    void this.#open({ collection, id: of.id, revision: of.revision, start, end, highlights });
    this.changed(citation);
  }

  /** @param {Target} target */
  show(target) {
    this.citations = [];
    this.current = null;
    void this.#open(target);
    this.changed(null);
  }

  close() {
    if (this.hidden || this.alone) return false;
    this.hidden = true;
    this.#picking?.cancel();
    this.#view?.end();
    this.#view = this.#found = this.target = null;
    this.closed();
    return true;
  }

  /**
   * Let a person mark the words that answer; `done` gets them, or null.
   * @param {string} collection
   * @param {(span: import("./types.js").MarkedSpan | null) => void} done
   */
  pick(collection, done) {
    this.#picking?.cancel();
    this.#shape = "text";
    const shown = () => (this.#view instanceof TextView && this.target && this.#found
      ? { target: this.target, view: this.#view, revision: this.#found.revision } : null);
    this.#picking = new Picking(shown, (span) => {
      this.#picking = null;
      done(span);
    }, () => this.#choose(collection));
    fill(this.#bar, this.#picking.element);
    this.hidden = false;
    if (!this.target) this.#choose(collection);
    else if (this.#found && !(this.#view instanceof TextView)) this.#render();
  }

  /** @param {string} collection */
  #choose(collection) {
    this.#view?.end();
    this.#view = this.#found = this.target = null;
    fill(this.#note);
    fill(this.#head, this.#title("Choose a document"), this.#closer());
    fill(this.#body, chooser(collection, ({ id, revision }) => this.show({ collection, id, revision })));
  }

  /** Show the next citation, or the one before. @param {number} step */
  step(step) {
    const at = this.current ? this.citations.indexOf(this.current) + step : -1;
    const next = this.citations[at];
    if (next && this.target) this.showCitation(next, this.citations, this.target.collection);
    return !!next;
  }

  /** Change between pictures of pages and text. */
  turn() {
    if (!this.#found?.pages.length || !this.#found.original) return;
    this.#shape = this.#shape === "pages" ? "text" : "pages";
    this.#render();
  }

  /** @param {Target} target */
  async #open(target) {
    this.target = target;
    this.hidden = false;
    this.#view?.end();
    fill(this.#note);
    fill(this.#head, h("p", { class: "quiet" }, "Opening…"), this.#closer());
    this.#body.setAttribute("aria-busy", "true");
    try {
      const { collection, revision, start, end } = target;
      this.#found = await where(target.id, { collection, revision, start, end });
      if (this.target !== target) return;
      this.#render();
      await this.#compare(target, this.#found).catch(() => fill(this.#note,
        h("p", { class: "note", role: "status" }, "The newest revision could not be read.")));
    } catch (error) {
      if (this.target === target) this.#fail(error);
    }
    this.#body.removeAttribute("aria-busy");
  }

  #render() {
    const { target } = this;
    const found = this.#found;
    if (!target || !found) return;
    this.#view?.end();
    const pictured = found.original && found.pages.length > 0;
    const others = this.citations.filter((one) => one !== this.current
      && one.document.id === target.id && one.document.revision === found.revision);
    this.#view = pictured && this.#shape === "pages" ? new Pages(target, found, others) : new TextView(target, found, others);
    this.#drawHead(target, found, pictured);
    fill(this.#body, this.#view.element);
    void this.#view.begin().catch((/** @type {unknown} */ error) => this.#fail(error));
  }

  /** @param {Target} target @param {Where} found @param {boolean} pictured */
  #drawHead(target, found, pictured) {
    const at = this.current ? this.citations.indexOf(this.current) : -1;
    const steps = this.citations.length > 1 && h("span", { class: "steps", role: "group", "aria-label": "Citations" },
      button("‹", () => this.step(-1), { "aria-label": "Previous citation", disabled: at <= 0 }),
      h("span", { class: "quiet" }, `${at + 1} of ${this.citations.length}`),
      button("›", () => this.step(1), { "aria-label": "Next citation", disabled: at >= this.citations.length - 1 }));
    const { collection, id, start, end } = target;
    const query = { collection, revision: found.revision };
    const web = webAddress(found.uri);
    fill(this.#head,
      h("div", { class: "reader-title" },
        this.#title(found.title || id),
        h("p", { class: "quiet" }, [placeWords(found), `revision ${found.revision}`].filter(Boolean).join(" · "))),
      this.#closer(),
      h("div", { class: "reader-tools" },
        steps,
        pictured && button(this.#shape === "pages" ? "Text" : "Pages", () => this.turn(), { class: "shape" }),
        !this.alone && h("a", { href: readerAddress({ collection, id, revision: found.revision, start, end }).href }, "Own page"),
        web && h("a", { href: web, rel: "noreferrer", target: "_blank" }, "Source"),
        found.original && this.#file(address(documentPath(id, "/original"), query), found.title || id)));
  }

  /** @param {string} words */
  #title(words) {
    return h(this.alone ? "h1" : "h2", { dir: "auto" }, words);
  }

  /** Return the link to a file; where a key is needed, the key fetches it. @param {URL} url @param {string} name */
  #file(url, name) {
    const link = h("a", { href: url.href, download: "" }, "File");
    link.addEventListener("click", (event) => {
      if (!keptKey()) return;
      event.preventDefault();
      void fileAddress(url).then((made) => {
        h("a", { href: made, download: name }).click();
        setTimeout(() => URL.revokeObjectURL(made), 60_000);
      });
    });
    return link;
  }

  #closer() {
    return !this.alone && button("×", () => this.close(), { class: "close", "aria-label": "Close the document" });
  }

  /** @param {unknown} error */
  #fail(error) {
    const gone = error instanceof Problem && error.status === 404;
    const words = error instanceof Problem ? error.message : "The document could not be shown.";
    fill(this.#head, this.#title(gone ? "This document is no longer here" : "This document cannot be shown"), this.#closer());
    fill(this.#body, h("p", { class: "failed", role: "alert" }, words));
  }

  /** Say that a revision is old, and whether the newest still has the words. @param {Target} target @param {Where} found */
  async #compare(target, found) {
    if (found.revision >= found.current_revision) return;
    const { collection, id, start, end } = target;
    const newest = h("a", { href: readerAddress({ collection, id }).href }, `the newest is revision ${found.current_revision}`);
    const what = button("Show what changed", () => {
      what.remove();
      void this.#showChanges(target, found).catch(() => this.#note.append(h("p", { class: "failed" }, "That could not be read.")));
    }, { class: "link" });
    fill(this.#note, h("div", { class: "note" }, h("p", { role: "status" }, `This is revision ${found.revision}: the document has changed since, and `, newest, ". "), what));
    if (start === undefined || end === undefined) return;
    const now = await where(id, { collection });
    if (now.length > MOST_COMPARED) return;
    const [quote, whole] = await Promise.all([
      text(id, { collection, revision: found.revision, start, end }), text(id, { collection })]);
    if (this.target !== target) return;
    const at = whole.indexOf(quote);
    const moved = lengthOf(whole.slice(0, at));
    this.#note.querySelector("[role=status]")?.append(at < 0 ? " These words are no longer in it." : h("span", {}, " These words are ",
      h("a", { href: readerAddress({ collection, id, start: moved, end: moved + end - start }).href }, "still in it"), "."));
  }

  /** @param {Target} target @param {Where} found */
  async #showChanges({ collection, id }, { revision, length }) {
    const now = await where(id, { collection });
    if (Math.max(now.length, length) > MOST_COMPARED) {
      this.#note.append(h("p", {}, "The document is too long to compare here."));
      return;
    }
    const [old, whole] = await Promise.all([text(id, { collection, revision }), text(id, { collection })]);
    if (this.target?.id === id) this.#note.firstElementChild?.append(changes(old, whole));
  }
}
customElements.define("citespan-reader", Reader);
