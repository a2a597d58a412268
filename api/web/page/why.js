// Behind an answer: how sure it is, how long each step took, and which passages were read.

import { button, cut, h } from "./dom.js";

/** @import { Answer, Passage } from "./types.js" */

const STEPS = { embed: "Understand", retrieve: "Search", evidence: "Read", rewrite: "Rewrite", generate: "Write", total: "Total" };

const SCORES = {
  dense: "by meaning, up to 1", lexical: "by words, from 0", fused: "by both, in order alone",
  relevance: "at the model's first look, above 0 if rather near", evidence: "the chance that it holds the answer",
};

/**
 * Return the details of an answer, closed.
 * @param {Answer} answer
 * @param {(passage: Passage) => void} open
 */
export function why(answer, open) {
  const facts = [
    ["Confidence", `${answer.confidence.toFixed(2)}: about how often such answers are right`],
    ["Question as searched", answer.question],
    ["Written by", answer.mode === "generated" ? "your language model, checked" : "quotes alone"],
    ...(answer.fallback ? [["Quotes instead, because", answer.fallback]] : []),
    ...(answer.dropped ? [["Sentences left out as unsupported", answer.dropped]] : []),
    ...Object.entries(answer.timings_ms).map(([name, ms]) => [
      /** @type {Record<string, string>} */ (STEPS)[name] ?? name, `${Math.round(ms)} ms`]),
  ];
  return h("details", { class: "why" },
    h("summary", {}, "Why this answer?"),
    h("dl", {}, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }, value)))),
    answer.passages.length > 0 && [h("h3", {}, "Passages that were read"),
      h("p", { class: "quiet small" }, "How near each one is to the question: ", Object.entries(SCORES).map(
        ([name, words], at) => [at ? "; " : "", h("strong", {}, name), ` ${words}`]).flat(), ".")],
    passageList(answer, answer.passages, open, true));
}

/**
 * Return passages to open, with what they begin with.
 * @param {Answer} answer
 * @param {Passage[]} passages
 * @param {(passage: Passage) => void} open
 * @param {boolean} [scored]
 */
export function passageList(answer, passages, open, scored = false) {
  return h("ol", { class: "passages" }, passages.map((one) => {
    const cited = answer.citations.some((by) =>
      by.document.id === one.document_id && by.start >= one.start && by.start < one.end);
    return h("li", {},
      button(one.title || one.document_id, () => open(one), { class: "passage-title", dir: "auto" }),
      cited && h("span", { class: "tag" }, "cited"),
      h("p", { dir: "auto" }, cut(one.text.trim(), 240)),
      scored && h("p", { class: "scores" }, scores(one)));
  }));
}

/** @param {Passage} passage */
function scores({ scores: found }) {
  const shown = Object.entries(found).filter(([, value]) => value !== null);
  return shown.map(([name, value]) => `${name} ${Number(value).toFixed(3)}`).join("  ·  ");
}
