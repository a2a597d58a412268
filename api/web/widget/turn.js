// One question and its answer, as elements. Text only ever becomes text: nothing here reads HTML.

import { citationLink, readerLink } from "./links.js";

/** @typedef {import("./types").Turn} Turn */
/** @typedef {import("./types").Part} Part */
/** @typedef {import("./types").Citation} Citation */
/** @typedef {import("./words.js").WORDS["en"]} Words */

const NEAREST = 3; // passages that an abstention shows
let made = 0;

/**
 * Make an element; names with a hyphen, `role`, `part` and `for` are attributes, others properties.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} props
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (/-|^(role|part|for)$/.test(name)) element.setAttribute(name, value);
    else Reflect.set(element, name, value);
  }
  element.append(...children);
  return element;
}

/** The view of a turn: it adds what arrives, and takes nothing back. */
export class TurnView {
  /**
   * @param {Turn} turn @param {Words} words @param {string} collection @param {URL} base
   * @param {() => void} again asks the question once more
   */
  constructor(turn, words, collection, base, again) {
    this.turn = turn;
    this.words = words;
    this.collection = collection;
    this.base = base;
    this.again = again;
    this.prefix = `turn-${++made}`;
    this.text = h("p", { dir: "auto" });
    this.working = h("p", { className: "working" }, words.working);
    this.answer = h("div", { className: "answer", part: "answer" }, this.working);
    const asked = h("p", { className: "question", part: "question", dir: "auto" });
    asked.append(h("span", { className: "unseen" }, `${words.you}: `), turn.question);
    this.element = h("div", { className: "turn" }, asked, this.answer);
    turn.parts.forEach((part) => this.addPart(part));
    if (turn.state !== "asking") this.end();
  }

  /** Show a sentence with its citations. @param {Part} part */
  addPart(part) {
    if (this.working.isConnected || this.working.parentNode) this.working.replaceWith(this.text);
    const sentence = h("span", { part: "sentence" }, part.text);
    for (const id of part.citations) sentence.append(this.#marker(id));
    this.text.append(sentence);
  }

  /** Show how the answer ended, its sources, and what can be done. */
  end() {
    const { turn, words } = this;
    this.working.remove();
    if (turn.note) {
      const failed = turn.state === "cut" || turn.state === "failed";
      this.answer.append(h("p", { className: failed ? "fault" : "note", part: "note", dir: "auto" }, turn.note));
    }
    if (turn.citations.length) this.#list(words.sources, turn.citations.map((one) => this.#source(one)));
    if (turn.passages.length) {
      this.#list(words.nearest, turn.passages.slice(0, NEAREST).map((one) => this.#passage(one)));
      this.answer.append(h("p", { className: "hint" }, words.rephrase));
    }
    if (turn.retry) this.answer.append(h("button", { type: "button", className: "again", part: "retry", onclick: this.again }, words.retry));
  }

  /** @param {string} id */
  #marker(id) {
    const number = this.turn.citations.findIndex((one) => one.id === id) + 1;
    const { title, id: document } = this.turn.citations[number - 1]?.document ?? { title: "", id: "" };
    const marker = h("button", {
      type: "button",
      className: "cite",
      part: "citation",
      "aria-expanded": "false",
      "aria-controls": `${this.prefix}-${id}`,
      "aria-label": `${this.words.source} ${number}: ${title || document}`,
    }, String(number));
    marker.onclick = () => this.#toggle(marker, id);
    return marker;
  }

  /** @param {HTMLButtonElement} marker @param {string} id */
  #toggle(marker, id) {
    const shown = marker.getAttribute("aria-expanded") !== "true";
    const quote = this.element.querySelector(`#${this.prefix}-${CSS.escape(id)}`);
    if (!(quote instanceof HTMLElement)) return; // the list of sources comes with the end
    quote.hidden = !shown;
    for (const one of this.element.querySelectorAll(`[aria-controls="${quote.id}"]`))
      one.setAttribute("aria-expanded", String(shown));
    if (shown) quote.parentElement?.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} title @param {HTMLElement[]} items */
  #list(title, items) {
    const list = h("ol", { part: "sources", "aria-label": title }, ...items);
    this.answer.append(h("h3", {}, title), list);
  }

  /** @param {Citation} citation */
  #source(citation) {
    const { quote, prefix, suffix, document: from } = citation;
    const card = h("blockquote", { id: `${this.prefix}-${citation.id}`, part: "quote", hidden: true, dir: "auto" });
    card.tabIndex = 0; // it may scroll
    card.setAttribute("role", "group");
    card.setAttribute("aria-label", `${this.words.quote}: ${from.title || from.id}`);
    card.append(prefix && `…${prefix}`, h("mark", {}, quote), suffix && `${suffix}…`);
    return h("li", {}, link(citationLink(citation, this.collection, this.base), from.title || from.id), card);
  }

  /** @param {import("./types").Passage} passage */
  #passage(passage) {
    const card = h("blockquote", { part: "quote", dir: "auto" }, passage.text);
    card.tabIndex = 0;
    card.setAttribute("role", "group");
    card.setAttribute("aria-label", `${this.words.quote}: ${passage.title || passage.document_id}`);
    return h("li", {}, link(readerLink(passage, this.collection, this.base), passage.title || passage.document_id), card);
  }
}

/** @param {string} href @param {string} text */
function link(href, text) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", part: "source", dir: "auto" }, text);
}
