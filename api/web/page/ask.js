// The view to ask: a question box, a conversation, and the document beside it.

import { address, documents } from "./api.js";
import { hideCard } from "./card.js";
import { button, fill, h } from "./dom.js";
import { examples } from "./examples.js";
import { Turn } from "./turn.js";
import { isNarrow, Reader } from "./reader.js";

/** @import { Citation, Message, Stored, Target } from "./types.js" */

const MAX_QUESTION = 2000;
/** The turns that each place in the browser's history shows. @type {Map<string, Turn[]>} */
const places = new Map();
/** Return a name for a place that no earlier load of the page has given. */
const newPlace = () => `${performance.timeOrigin}-${places.size}`;

export class Ask extends HTMLElement {
  /** @type {Turn[]} */
  turns = [];
  collection = "default";
  #box = h("textarea", {
    id: "question", name: "q", rows: 1, maxLength: MAX_QUESTION, required: true, dir: "auto",
    placeholder: "Type a question", autocomplete: "off", "aria-label": "Question",
    on: { keydown: (/** @type {KeyboardEvent} */ event) => this.#typed(event), input: () => this.#grow() },
  });
  #form = h("form", { class: "asking", role: "search", on: { submit: (/** @type {Event} */ event) => this.#submit(event) } },
    this.#box, h("button", { type: "submit", class: "primary" }, "Ask"));
  #list = h("div", { class: "turns" });
  #start = h("div", { class: "start" });
  #offers = h("div", { class: "offers" });
  #fresh = button("New conversation", () => this.restart(), { class: "fresh", hidden: true });
  reader = new Reader();

  connectedCallback() {
    if (!this.childElementCount) {
      this.reader.closed = () => this.#closed();
      this.reader.changed = (citation) => this.#mark(citation);
      this.append(h("section", { class: "conversation" }, this.#start, this.#list, this.#form, this.#offers, this.#fresh), this.reader);
    }
    this.#resume();
  }

  disconnectedCallback() {
    for (const turn of this.turns) turn.forget();
  }

  /** Take up the conversation of this place, or what the address says: a question, and a citation to open. */
  #resume() {
    const query = new URLSearchParams(location.search);
    this.collection = query.get("collection") || "default";
    this.#show(places.get(history.state?.place) ?? []);
    const question = query.get("q");
    if (this.turns.length) this.#cite(query);
    else if (question) void this.ask(question, false).then(() => this.#cite(query));
    else {
      void this.#greet();
      this.focusBox();
    }
  }

  /** Show a conversation from its start. @param {Turn[]} turns */
  #show(turns) {
    this.turns = turns;
    fill(this.#list, turns.map((one) => one.element));
    for (const turn of turns) turn.recall();
    this.reader.close();
    this.#talk();
  }

  /** Lay the view out for a conversation, or for a first question. */
  #talk() {
    const talking = this.turns.length > 0;
    this.classList.toggle("talking", talking);
    this.#fresh.hidden = !talking;
    this.#box.placeholder = talking ? "Ask a follow-up" : "Type a question";
    if (!talking) return;
    fill(this.#start, h("h1", { class: "unseen" }, "Conversation"));
    fill(this.#offers);
  }

  /** Open the citation of an address. @param {URLSearchParams} query */
  #cite(query) {
    const found = this.citations.find((one) => one.id === `c${query.get("cite")}`);
    if (found) this.open(found, this.citations);
  }

  async #greet() {
    fill(this.#start, h("h1", {}, "Ask your documents"),
      h("p", { class: "quiet" }, "Every sentence of an answer shows the words that say it."));
    fill(this.#offers);
    try {
      const found = await documents(this.collection);
      if (!this.turns.length) this.#offer(found.documents, found.next_cursor !== null);
    } catch {
      // The banner says what is wrong with the server; asking works once it answers.
    }
  }

  /** @param {Stored[]} found @param {boolean} more */
  #offer(found, more) {
    const library = address("library", { collection: this.collection }).href;
    if (!found.length) {
      fill(this.#offers, h("p", {}, "There are no documents here yet."),
        h("p", {}, h("a", { class: "button", href: library }, "Add documents")));
      return;
    }
    const count = found.length === 1 ? "1 document" : `${found.length}${more ? "+" : ""} documents`;
    fill(this.#offers,
      h("ul", { class: "examples", "aria-label": "Examples" },
        examples(found).map((one) => h("li", {}, button(one, () => void this.ask(one), { dir: "auto" })))),
      h("p", { class: "quiet small" }, `${count} · `, h("a", { href: library }, "open the library")));
  }

  /** @param {string} question @param {boolean} [visit] whether this is a new place in the browser's history */
  async ask(question, visit = true) {
    const history = this.turns.flatMap((one) => one.answer?.answer ? said(one.question, one.answer.answer) : []);
    const turn = new Turn(question, this.collection, history.slice(-20), {
      open: (citation, all) => this.open(citation, all),
      read: (target) => this.read(target),
      pick: (target, done) => this.pick(target, done),
      again: () => this.#again(question),
    });
    this.turns = [...this.turns, turn];
    this.#list.append(turn.element);
    this.#talk();
    this.#box.value = "";
    this.#grow();
    this.#visit({ q: question }, visit);
    turn.element.scrollIntoView({ block: "start" });
    await turn.run();
    // A follow-up's address asks what it meant, without the conversation.
    if (turn === this.turns.at(-1) && turn.answer) this.#visit({ q: turn.answer.question }, false);
  }

  /** @param {Citation} citation @param {Citation[]} all */
  open(citation, all) {
    this.classList.add("reading");
    this.reader.showCitation(citation, all, this.collection);
  }

  /** @param {Target} target */
  read(target) {
    this.classList.add("reading");
    this.reader.show(target);
  }

  /**
   * Let the person mark words, in the document that is open or else in a likely one.
   * @param {Target | null} target
   * @param {(span: import("./types.js").MarkedSpan | null) => void} done
   */
  pick(target, done) {
    this.classList.add("reading");
    if (this.reader.hidden && target) this.reader.show(target);
    this.reader.pick(this.collection, (span) => {
      if (span && isNarrow()) this.reader.close();
      done(span);
    });
  }

  /** Return the last turn's citations. */
  get citations() {
    return this.turns.at(-1)?.citations ?? [];
  }

  focusBox() {
    this.#box.focus();
  }

  restart() {
    for (const turn of this.turns) turn.forget();
    this.#show([]);
    this.#visit({}, true);
    void this.#greet();
    this.focusBox();
  }

  /** @param {Record<string, string>} query @param {boolean} visit */
  #visit(query, visit) {
    const url = address("", { ...query, collection: this.collection });
    document.title = query["q"] ? `${query["q"]} · citespan` : "citespan";
    const place = (!visit && history.state?.place) || newPlace();
    places.set(place, this.turns);
    if (visit) history.pushState({ place }, "", url);
    else history.replaceState({ place }, "", url);
  }

  #closed() {
    this.classList.remove("reading");
    const pressed = this.querySelector(".cite[aria-expanded=true]");
    this.#mark(null);
    if (pressed instanceof HTMLElement) pressed.focus();
    hideCard(); // the focus comes back for the keys, not for another look
  }

  /** Show which citation the reader has open. @param {Citation | null} citation */
  #mark(citation) {
    const turn = this.turns.find((one) => citation && one.citations.includes(citation));
    for (const one of this.querySelectorAll(".cite")) {
      const open = !!turn?.element.contains(one) && one.getAttribute("data-cite") === citation?.id;
      one.setAttribute("aria-expanded", String(open));
    }
    const url = new URL(location.href);
    url.searchParams.delete("cite");
    if (citation && turn) url.searchParams.set("cite", citation.id.slice(1));
    history.replaceState(history.state, "", url);
  }

  /** @param {string} question */
  #again(question) {
    this.#box.value = question;
    this.#grow();
    this.focusBox();
    this.#box.select();
  }

  /** @param {KeyboardEvent} event */
  #typed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const question = this.#box.value.trim();
    if (question) void this.ask(question);
  }

  #grow() {
    this.#box.style.height = "auto";
    this.#box.style.height = `${Math.min(this.#box.scrollHeight + 2, 200)}px`;
  }
}
customElements.define("citespan-ask", Ask);

/** @param {string} question @param {string} answer @returns {Message[]} */
const said = (question, answer) => [
  { role: "user", content: question }, { role: "assistant", content: answer },
];
