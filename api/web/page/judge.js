// What a person says of an answer: right, wrong and why, and where the right words are.

import { address, json, posted, Problem, request } from "./api.js";
import { button, fill, h, say } from "./dom.js";

/** @import { Answer, Citation, MarkedSpan } from "./types.js" */

const OF_ANSWERS = /** @type {const} */ ([
  ["right", "Right"], ["wrong", "Wrong"], ["incomplete", "Incomplete"], ["should_refuse", "Not in here"],
]);
const OF_ABSTENTIONS = /** @type {const} */ ([["should_answer", "It is in here"], ["should_refuse", "Right, it is not"]]);
const TO_SHOW = ["wrong", "incomplete", "should_answer"];

/** @param {Citation} citation @returns {MarkedSpan} */
const pointer = ({ document: { id, revision }, start, end, quote }) => ({ document_id: id, revision, start, end, quote });

/**
 * Return the row that asks whether an answer is right.
 * @param {Answer} answer
 * @param {string} collection
 * @param {(done: (span: MarkedSpan | null) => void) => void} pick lets the person mark words
 */
export function judgement(answer, collection, pick) {
  const row = h("div", { class: "judge", role: "group", "aria-label": "Is this right?" });
  /** @type {MarkedSpan[]} */
  let spans = [];
  const choices = answer.status === "abstained" ? OF_ABSTENTIONS : OF_ANSWERS;

  function ask() {
    fill(row, h("span", { class: "quiet" }, "Is this right?"),
      choices.map(([verdict, words]) => button(words, () => (TO_SHOW.includes(verdict) ? offer(verdict, words) : void send(verdict)))));
  }

  /** @param {string} verdict @param {string} words */
  function offer(verdict, words) {
    const shown = spans.map((one) => h("q", { dir: "auto" }, one.quote));
    const where = button(spans.length ? "Show more" : "Show me where", () => pick((span) => {
      if (span) spans = [...spans, span];
      offer(verdict, words);
    }), { class: spans.length ? "" : "primary" });
    fill(row, h("strong", {}, words), shown, where,
      button("Send", () => void send(verdict), { class: spans.length ? "primary" : "" }),
      button("Back", () => { spans = []; ask(); }));
    where.focus();
  }

  /** @param {string} verdict */
  async function send(verdict) {
    const { question, status, mode, confidence, citations } = answer;
    const body = { question, verdict, answer: { status, mode, confidence }, cited: citations.map(pointer).slice(0, 50), spans };
    try {
      /** @type {{id: string}} */
      const kept = await json(address("v1/labels", { collection }), posted(body));
      const undo = button("Undo", () => void remove(kept.id));
      fill(row, h("span", { class: "quiet", role: "status" }, "Kept for review. "), undo,
        h("a", { href: address("review", { collection }).href }, "Review"));
      undo.focus();
    } catch (error) {
      fail(error);
    }
  }

  /** @param {string} id */
  async function remove(id) {
    try {
      await request(address(`v1/labels/${encodeURIComponent(id)}`, { collection }), { method: "DELETE" });
      spans = [];
      ask();
    } catch (error) {
      fail(error);
    }
  }

  /** @param {unknown} error */
  function fail(error) {
    say(error instanceof Problem ? error.message : "That did not work.");
  }

  ask();
  return row;
}
