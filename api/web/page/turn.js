// One question and what came of it: waiting, answered, abstained, stopped, cut or failed.

import { ask, Problem } from "./api.js";
import { abstention } from "./abstain.js";
import { Sentences, shortAnswer, shortfall } from "./answer.js";
import { markdownCopy, plainCopy, quoteCopy, referencesCopy } from "./citing.js";
import { button, copy, fill, h, lengthOf, say, slice } from "./dom.js";
import { judgement } from "./judge.js";
import { unpaint } from "./marks.js";
import { why } from "./why.js";

/** @import { Answer, Citation, Message, Target } from "./types.js" */

/**
 * @typedef {object} Doing
 * @property {(citation: Citation, all: Citation[]) => void} open
 * @property {(target: Target) => void} read
 * @property {(target: Target | null, done: (span: import("./types.js").MarkedSpan | null) => void) => void} pick
 * @property {() => void} again
 */

export class Turn {
  /** @type {Answer | null} */
  answer = null;
  #stopping = new AbortController();

  /**
   * @param {string} question
   * @param {string} collection
   * @param {Message[]} history
   * @param {Doing} doing
   */
  constructor(question, collection, history, doing) {
    this.question = question;
    this.collection = collection;
    this.history = history;
    this.doing = doing;
    this.lead = h("div", { class: "lead" });
    this.foot = h("div", { class: "foot" });
    this.state = h("p", { class: "state", role: "status" });
    this.halt = button("Stop", () => this.stop());
    this.sentences = new Sentences((one) => this.#open(one));
    this.element = h("article", { class: "turn", "aria-label": question },
      h("div", { class: "asked" }, h("h2", { class: "question", dir: "auto" }, question), this.halt),
      this.state, this.lead, this.sentences.element, this.foot);
  }

  get citations() {
    return this.answer?.citations ?? [...this.sentences.citations.values()];
  }

  /** Ask, and show what comes; ask again after a cut or a failure. */
  async run() {
    this.#stopping = new AbortController();
    const signal = this.#stopping.signal;
    this.element.setAttribute("aria-busy", "true");
    fill(this.state, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), "Reading your documents");
    fill(this.foot);
    this.halt.hidden = false;
    try {
      const { question, collection, history } = this;
      const answer = await ask({ question, collection, history, signal }, {
        begun: () => this.#restart(),
        citation: (one) => this.sentences.citations.set(one.id, one),
        segment: (segment, soFar) => {
          fill(this.state);
          this.sentences.add(segment, soFar);
          fill(this.lead, shortAnswer({ citations: this.citations, abstention: null }, (one) => this.#open(one)));
        },
      });
      this.#finish(answer);
    } catch (error) {
      this.#fail(error, signal.aborted);
    }
    this.halt.hidden = true;
    this.element.removeAttribute("aria-busy");
  }

  stop() {
    this.#stopping.abort();
  }

  forget() {
    this.stop();
    unpaint(this.sentences);
  }

  /** Paint again what `forget` took away. */
  recall() {
    this.sentences.paint();
  }

  #restart() {
    this.sentences.clear();
    fill(this.lead);
  }

  /** @param {Answer} answer */
  #finish(answer) {
    this.answer = answer;
    fill(this.state);
    const { sentences } = this;
    if (answer.status === "abstained") {
      const open = (/** @type {import("./types.js").Passage} */ one) => this.#readPassage(one);
      fill(this.lead, abstention(answer, { again: this.doing.again, open, collection: this.collection }));
    } else {
      const rest = slice(answer.answer, sentences.end, lengthOf(answer.answer));
      if (rest.trim()) sentences.say(rest);
      fill(this.lead, shortfall(answer), shortAnswer(answer, (one) => this.#open(one)));
    }
    const parts = answer.status !== "abstained" && answer.answer && copies(answer, this.collection);
    const judge = answer.mode !== "chat" && judgement(answer, this.collection, (done) => this.doing.pick(this.#likely(), done));
    fill(this.foot, parts, judge, answer.mode !== "chat" && why(answer, (one) => this.#readPassage(one)));
  }

  /** Open a citation as the whole answer has it, and not as it arrived. @param {Citation} citation */
  #open(citation) {
    const { citations } = this;
    this.doing.open(citations.find((one) => one.id === citation.id) ?? citation, citations);
  }

  /** Return where the right words may be: what is cited, or else the nearest passage. @returns {Target | null} */
  #likely() {
    const { collection } = this;
    const [cited] = this.citations;
    if (cited) return { collection, id: cited.document.id, revision: cited.document.revision, start: cited.start, end: cited.end };
    const near = this.answer?.passages[0];
    return near ? { collection, id: near.document_id, revision: near.revision, start: near.start, end: near.end } : null;
  }

  /** @param {import("./types.js").Passage} passage */
  #readPassage({ document_id: id, revision, start, end }) {
    this.doing.read({ collection: this.collection, id, revision, start, end });
  }

  /** @param {unknown} error @param {boolean} stopped */
  #fail(error, stopped) {
    const shown = this.sentences.count;
    const words = stopped ? "Stopped." : error instanceof Problem ? error.message : "Something went wrong on this page.";
    const kept = shown ? " What is shown is whole sentences; the rest is missing." : "";
    fill(this.state, h("span", { class: stopped ? "" : "failed" }, words + kept));
    fill(this.foot, h("p", { class: "actions" },
      button(stopped ? "Ask again" : "Try again", () => void this.run(), { class: "retry" })));
  }
}

/** @param {Answer} answer @param {string} collection */
function copies(answer, collection) {
  const item = (/** @type {string} */ label, /** @type {() => string} */ make) =>
    button(label, () => void copy(make()).then(() => say("Copied")));
  return h("p", { class: "actions", role: "group", "aria-label": "Copy the answer" },
    item("Copy", () => plainCopy(answer, collection)),
    item("Copy as Markdown", () => markdownCopy(answer, collection)),
    answer.citations.length > 0 && item("Copy references", () => referencesCopy(answer, collection)));
}

/** Copy a quote with its source. @param {Citation} citation @param {string} collection */
export const copyQuote = (citation, collection) =>
  copy(quoteCopy(citation, collection)).then(() => say(`Copied citation ${citation.id.slice(1)}`));
