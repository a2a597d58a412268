// The review: what people said of answers, until each becomes part of the evaluation set or not.

import { address, fileAddress, json, Problem, request } from "./api.js";
import { confirmed } from "./confirm.js";
import { button, fill, h, say } from "./dom.js";
import { Gaps } from "./gaps.js";
import { isNarrow, Reader } from "./reader.js";

/** @import { Label, LabelList, MarkedSpan, Pointer } from "./types.js" */

const STATES = /** @type {const} */ ([["candidate", "Waiting"], ["accepted", "Accepted"], ["rejected", "Rejected"]]);
/** @type {Record<string, string>} */
export const VERDICTS = {
  right: "right", wrong: "wrong", incomplete: "incomplete", should_refuse: "not in the documents",
  should_answer: "it is in the documents",
};
/** @type {Record<string, string>} */
const STATUSES = { answered: "It answered", partial: "It answered a part", abstained: "It gave no answer" };

export class Review extends HTMLElement {
  collection = new URLSearchParams(location.search).get("collection") || "default";
  #state = new URLSearchParams(location.search).get("state") || "candidate";
  #tabs = h("nav", { class: "chips", "aria-label": "Labels by state" });
  #list = h("div", { class: "labels" });
  #count = h("p", { class: "quiet", role: "status" });
  #gaps = new Gaps(this.collection);
  reader = new Reader();

  connectedCallback() {
    if (this.childElementCount) return;
    document.title = "Review · citespan";
    this.reader.closed = () => this.classList.remove("reading");
    this.append(h("div", { class: "review" },
      h("h1", {}, "Review"),
      h("p", { class: "quiet" }, "What people said of answers. What you accept becomes the evaluation set."),
      this.#tabs, this.#count, this.#list, this.#gaps.element), this.reader);
    void this.load();
    void this.#gaps.load();
  }

  async load() {
    try {
      /** @type {LabelList} */
      const { labels, counts } = await json(address("v1/labels", { collection: this.collection, state: this.#state }));
      this.#draw(labels, counts);
    } catch (error) {
      fill(this.#count, error instanceof Problem ? error.message : "The labels could not be read.");
    }
  }

  /** @param {Label[]} labels @param {Record<string, number>} counts */
  #draw(labels, counts) {
    const { collection } = this;
    const tab = (/** @type {readonly [string, string]} */ [state, words]) => h("a", {
      class: "chip", href: address("review", { collection, state }).href,
      ...(state === this.#state ? { "aria-current": "page" } : {}),
    }, words, h("span", { class: "count" }, String(counts[state] ?? 0)));
    fill(this.#tabs, STATES.map(tab), (counts["accepted"] ?? 0) > 0 && this.#download());
    const empty = this.#state === "candidate" ? "Nothing waits. Mark an answer as right or wrong, and it comes here." : "None.";
    fill(this.#count, labels.length ? "" : empty);
    fill(this.#list, labels.map((one) => this.#card(one)));
  }

  #download() {
    const url = address("v1/labels/dataset", { collection: this.collection });
    return button("Download the evaluation set", () => void fileAddress(url).then((made) => {
      h("a", { href: made, download: `${this.collection}-labels.zip` }).click();
      setTimeout(() => URL.revokeObjectURL(made), 60_000);
    }).catch((error) => say(error instanceof Problem ? error.message : "That did not work.")));
  }

  /** @param {Label} one */
  #card(one) {
    const { collection } = this;
    const states = one.state === "candidate" ? [["accepted", "Accept"], ["rejected", "Reject"]] : [["candidate", "Back to waiting"]];
    const act = (/** @type {string[]} */ [state = "", words = ""]) => button(words, () => void this.#change(one, { state }), {
      class: state === "accepted" ? "primary" : "", disabled: state === "accepted" && !one.ready,
    });
    const missing = !one.ready && h("p", { class: "note" }, "Show where the right words are, then it can be accepted.");
    return h("article", { class: "label", "aria-label": one.question },
      h("h2", { dir: "auto" }, one.question),
      h("p", { class: "quiet" }, `${STATUSES[one.status] ?? one.status} · said of it: `, h("strong", {}, VERDICTS[one.verdict] ?? one.verdict),
        " · ", h("time", { dateTime: one.created_at }, one.created_at.slice(0, 10))),
      this.#places("It cited", one.cited), this.#places("The right words", one.spans), missing,
      h("p", { class: "actions" }, states.map(act),
        one.verdict !== "should_refuse" && button("Show me where", () => this.#pick(one)),
        button("Edit", () => void this.#edit(one), { "aria-label": "Edit the question" }),
        h("a", { class: "button", href: address("", { q: one.question, collection }).href }, "Ask again"),
        button("Remove", () => void this.#remove(one), { class: "danger" })));
  }

  /** @param {string} title @param {Pointer[]} pointers */
  #places(title, pointers) {
    if (!pointers.length) return null;
    const { collection } = this;
    const place = (/** @type {Pointer} */ { document_id: id, revision, start, end, quote }) => h("li", {}, quote === null
      ? h("span", { class: "quiet" }, "These words are no longer stored.")
      : button(quote, () => this.#read({ collection, id, revision, start, end }), { class: "pointed", dir: "auto" }));
    return h("div", {}, h("h3", {}, title), h("ul", { class: "places" }, pointers.map(place)));
  }

  /** @param {import("./types.js").Target} target */
  #read(target) {
    this.classList.add("reading");
    this.reader.show(target);
  }

  /** @param {Label} one */
  #pick(one) {
    const there = [...one.spans, ...one.cited].find((pointer) => pointer.quote !== null);
    const { collection } = this;
    if (there && this.reader.hidden) this.#read({ collection, id: there.document_id, start: there.start, end: there.end, revision: there.revision });
    this.reader.pick(collection, (span) => {
      if (span && isNarrow()) this.reader.close();
      if (span) void this.#change(one, { spans: [span] });
    });
    this.classList.add("reading");
  }

  /** @param {Label} one @param {{state?: string, question?: string, spans?: MarkedSpan[]}} change */
  async #change(one, change) {
    await this.#do("PATCH", one, change);
  }

  /** @param {Label} one */
  async #edit(one) {
    const input = h("input", { value: one.question, required: true, maxLength: 2000, dir: "auto", "aria-label": "Question" });
    const agreed = await confirmed("Edit the question", "As the evaluation set is to ask it.", "Keep", input);
    if (agreed) await this.#change(one, { question: input.value });
  }

  /** @param {Label} one */
  async #remove(one) {
    if (await confirmed("Remove this label?", one.question, "Remove")) await this.#do("DELETE", one);
  }

  /** @param {string} method @param {Label} one @param {object} [body] */
  async #do(method, one, body) {
    const sent = body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {};
    try {
      await request(address(`v1/labels/${encodeURIComponent(one.id)}`, { collection: this.collection }), { method, ...sent });
      say(method === "DELETE" ? "Removed" : "Kept");
    } catch (error) {
      say(error instanceof Problem ? error.message : "That did not work.");
    }
    await this.load();
  }
}
customElements.define("citespan-review", Review);
