// The element `citespan-ask`: a conversation with a collection, in a panel or in place.

import { history, remember, remembered } from "./memory.js";
import { ask, Refused } from "./stream.js";
import { setAccent, shared } from "./style.js";
import { h, TurnView } from "./turn.js";
import { wordsOf } from "./words.js";

/** @typedef {import("./types").Turn} Turn */

const BASE = new URL("../", import.meta.url); // the service that this module came from, and no other
const BUBBLE = "M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z";
const MOST = 2000; // characters of a question

export class CitespanAsk extends HTMLElement {
  static observedAttributes = ["accent", "inline", "greeting", "lang", "collection"];

  /** @type {Turn[]} */ #turns = [];
  /** @type {AbortController | null} */ #asking = null;
  #accent = new CSSStyleSheet();
  #root = this.attachShadow({ mode: "open" });
  #isOpen = false;
  /** @type {HTMLElement} */ #log = h("div", {});
  /** @type {HTMLElement} */ #panel = this.#log;
  /** @type {HTMLElement} */ #greeting = this.#log;
  /** @type {HTMLElement} */ #dot = this.#log;
  /** @type {HTMLTextAreaElement} */ #input = h("textarea", {});
  /** @type {HTMLButtonElement} */ #send = h("button", {});
  /** @type {HTMLButtonElement} */ #closer = this.#send;
  /** @type {HTMLButtonElement} */ #launcher = this.#send;

  get collection() {
    return this.getAttribute("collection") || "default";
  }

  get isOpen() {
    return this.#isOpen || this.hasAttribute("inline");
  }

  connectedCallback() {
    this.#root.adoptedStyleSheets = [shared, this.#accent];
    this.#turns = remembered(this.#key);
    this.#build();
  }

  disconnectedCallback() {
    this.stop();
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (name === "accent") setAccent(this.#accent, this.getAttribute("accent"));
    else if (this.isConnected && !this.#asking) {
      if (name === "collection") this.#turns = remembered(this.#key);
      this.#build();
    }
  }

  open() {
    this.#isOpen = true;
    this.#show();
    this.#input.focus();
  }

  close() {
    this.#isOpen = false;
    this.#show();
    this.#launcher.focus();
  }

  stop() {
    this.#asking?.abort();
  }

  clear() {
    this.stop();
    this.#turns = [];
    remember(this.#key, []);
    this.#build();
    if (this.isOpen) this.#input.focus();
  }

  /** @param {string} question */
  async ask(question) {
    question = question.trim().slice(0, MOST);
    if (!question || this.#asking) return;
    const turn = { question, parts: [], citations: [], note: "", passages: [], state: "asking", retry: false };
    this.#turns.push(/** @type {Turn} */ (turn));
    const view = this.#view(/** @type {Turn} */ (turn));
    this.#log.append(view.element);
    view.element.scrollIntoView({ block: "nearest" });
    await this.#answer(/** @type {Turn} */ (turn), view);
  }

  /** The service, with the key that its reader needs. */
  get #base() {
    const base = new URL(BASE);
    const key = this.getAttribute("key");
    if (key) base.hash = `key=${key}`;
    return base;
  }

  get #key() {
    return `citespan:${BASE.href}:${this.collection}`;
  }

  get #words() {
    return wordsOf(this.getAttribute("lang") || document.documentElement.lang || "en");
  }

  #build() {
    const words = this.#words;
    this.#greeting = h("p", { className: "greeting", part: "greeting", dir: "auto" }, this.getAttribute("greeting") || words.greeting);
    this.#log = h("div", { className: "log", part: "log", role: "log", "aria-live": "polite", "aria-label": words.title }, this.#greeting);
    this.#log.tabIndex = 0; // it scrolls
    this.#log.append(...this.#turns.map((turn) => this.#view(turn).element));
    this.#input = h("textarea", { rows: 1, maxLength: MOST, part: "input", "aria-label": words.placeholder, placeholder: words.placeholder, dir: "auto" });
    this.#input.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    };
    this.#send = h("button", { className: "main", part: "send" }, words.send);
    const form = h("form", { part: "form" }, this.#input, this.#send);
    form.onsubmit = (event) => (event.preventDefault(), this.#submit());
    const clear = h("button", { type: "button", className: "quiet", onclick: () => this.clear(), "aria-label": words.clear, title: words.clear }, "↺");
    this.#closer = h("button", { type: "button", className: "quiet", onclick: () => this.close(), "aria-label": words.close, title: words.close }, "✕");
    const header = h("header", { part: "header" }, h("h2", { id: "title" }, words.title), clear, this.#closer);
    this.#panel = h("section", { className: "panel", part: "panel", id: "panel", "aria-labelledby": "title" }, header, this.#log, form);
    this.#panel.onkeydown = (event) => {
      if (event.key === "Escape" && !this.hasAttribute("inline")) this.close();
    };
    this.#dot = h("span", { className: "dot", hidden: true }, h("span", { className: "unseen" }, words.newAnswer));
    this.#launcher = h("button", { type: "button", className: "launcher", part: "launcher", "aria-label": words.open, "aria-controls": "panel" }, bubble(), this.#dot);
    this.#launcher.onclick = () => (this.isOpen ? this.close() : this.open());
    this.#root.replaceChildren(this.#panel, this.#launcher);
    this.#show();
  }

  #show() {
    const inline = this.hasAttribute("inline");
    this.#panel.hidden = !this.isOpen;
    this.#panel.setAttribute("role", inline ? "region" : "dialog");
    this.#launcher.hidden = this.#closer.hidden = inline;
    this.#launcher.setAttribute("aria-expanded", String(this.isOpen));
    if (this.isOpen) this.#dot.hidden = true;
    if (this.isOpen) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #submit() {
    if (this.#asking) return this.stop();
    const question = this.#input.value;
    this.#input.value = "";
    void this.ask(question);
  }

  /** @param {Turn} turn */
  #view(turn) {
    return new TurnView(turn, this.#words, this.collection, this.#base, () => this.#again(turn));
  }

  /** Ask a question once more, in the place of what came of it. @param {Turn} turn */
  async #again(turn) {
    if (this.#asking) return;
    const old = this.#log.children[this.#turns.indexOf(turn) + 1];
    Object.assign(turn, { parts: [], citations: [], note: "", passages: [], state: "asking", retry: false });
    const view = this.#view(turn);
    old?.replaceWith(view.element);
    this.#input.focus();
    await this.#answer(turn, view);
  }

  /** @param {Turn} turn @param {TurnView} view */
  async #answer(turn, view) {
    const asking = (this.#asking = new AbortController());
    this.#busy(true);
    try {
      await this.#read(turn, view, asking.signal);
      turn.state = "done";
    } catch (error) {
      this.#failed(turn, error, asking.signal.aborted);
    }
    this.#asking = null;
    view.end();
    this.#busy(false);
    if (!this.isOpen) this.#dot.hidden = false;
    remember(this.#key, this.#turns);
  }

  /** @param {Turn} turn @param {TurnView} view @param {AbortSignal} signal */
  async #read(turn, view, signal) {
    const before = history(this.#turns.slice(0, this.#turns.indexOf(turn)));
    const asked = { question: turn.question, collection: this.collection, history: before, include: ["passages"] };
    let text = "";
    for await (const { event, data } of ask(BASE, asked, this.getAttribute("key") ?? "", signal)) {
      if (event === "citation.added") turn.citations.push(data);
      else if (event === "answer.delta") text += data.text;
      else if (event === "segment.done") {
        const part = { text, citations: data.citations };
        text = "";
        turn.parts.push(part);
        view.addPart(part);
      } else if (event === "answer.done") {
        turn.note = data.abstention?.message ?? "";
        if (data.status === "abstained") turn.passages = data.passages;
      }
    }
  }

  /** @param {Turn} turn @param {unknown} error @param {boolean} stopped */
  #failed(turn, error, stopped) {
    const words = this.#words;
    const begun = turn.parts.length > 0;
    turn.state = stopped ? "stopped" : begun ? "cut" : "failed";
    turn.retry = !(error instanceof Refused) || error.retry;
    if (stopped) turn.note = words.stopped;
    else if (error instanceof Refused) turn.note = error.message || words.failed;
    else turn.note = begun || !(error instanceof TypeError) ? words.cut : words.offline;
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#send.textContent = busy ? this.#words.stop : this.#words.send;
  }
}

/** Draw the bubble of the launcher. */
function bubble() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", BUBBLE);
  svg.append(path);
  return svg;
}
