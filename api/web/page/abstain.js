// No answer, said plainly: why, what comes nearest, and what to do next.

import { button, h } from "./dom.js";
import { address } from "./api.js";
import { passageList } from "./why.js";

/** @import { Answer, Passage } from "./types.js" */

/** @type {Record<string, string>} */
const WORDS = {
  no_relevant_passage: "Your documents do not speak of this.",
  not_in_passages: "Your documents come near this, but do not say it.",
  conflicting_sources: "Your documents disagree.",
  empty_index: "There are no documents here yet.",
  filtered_out: "No document matches the filter.",
};
const NEAREST = 3;

/**
 * Return an abstention.
 * @param {Answer} answer
 * @param {{again: () => void, open: (passage: Passage) => void, collection: string}} doing
 */
export function abstention(answer, doing) {
  const reason = answer.abstention?.reason ?? "";
  const nearest = answer.passages.slice(0, NEAREST);
  const list = h("div", { class: "nearest", hidden: true },
    h("h3", {}, "The nearest passages"), passageList(answer, nearest, doing.open));
  const shower = button("Show passages", () => {
    list.hidden = !list.hidden;
    shower.setAttribute("aria-expanded", String(!list.hidden));
    shower.textContent = list.hidden ? "Show passages" : "Hide passages";
  }, { "aria-expanded": "false" });
  const near = nearest.length > 0 && reason !== "empty_index" && h("p", { class: "quiet" },
    "The nearest is in ", h("span", { dir: "auto" }, `“${nearest[0]?.title}”`), ".");
  return h("section", { class: "abstained" },
    h("p", { class: "short" }, WORDS[reason] ?? "There is no answer in your documents."),
    h("p", {}, answer.abstention?.message ?? ""),
    near,
    h("p", { class: "actions" },
      reason === "empty_index"
        ? h("a", { class: "button", href: address("library", { collection: doing.collection }).href }, "Add documents")
        : button("Ask another way", doing.again),
      nearest.length > 0 && shower),
    list);
}
