// Questions without an answer, near-duplicates together: what the documents lack.

import { address, json, Problem, request } from "./api.js";
import { confirmed } from "./confirm.js";
import { button, fill, h, say } from "./dom.js";

/** @import { Gap } from "./types.js" */

const SHOWN = 100;

export class Gaps {
  #body = h("div", { class: "gaps" });
  /** @param {string} collection */
  constructor(collection) {
    this.collection = collection;
    this.element = h("section", { class: "unanswered", "aria-labelledby": "gaps-title" },
      h("h2", { id: "gaps-title" }, "Questions without an answer"), this.#body);
  }

  async load() {
    try {
      /** @type {{kept: boolean, gaps: Gap[]}} */
      const { kept, gaps } = await json(address("v1/unanswered", { collection: this.collection }));
      this.#draw(kept, gaps);
    } catch (error) {
      if (error instanceof Problem && error.status === 403) this.element.hidden = true; // of others' words
      else fill(this.#body, h("p", { class: "failed" }, "They could not be read."));
    }
  }

  /** @param {boolean} kept @param {Gap[]} gaps */
  #draw(kept, gaps) {
    const off = h("p", { class: "quiet" }, "This server keeps none. The setting ", h("code", {}, "feedback.unanswered"), " turns it on.");
    if (!gaps.length) return fill(this.#body, kept ? h("p", { class: "quiet" }, "None yet.") : off);
    fill(this.#body, !kept && off,
      h("ul", { class: "results" }, gaps.slice(0, SHOWN).map((one) => this.#item(one))),
      h("p", { class: "actions" }, button("Download as CSV", () => void this.#export()),
        button("Forget all", () => void this.#forget(), { class: "danger" })));
  }

  /** @param {Gap} gap */
  #item(gap) {
    const href = address("", { q: gap.question, collection: this.collection }).href;
    const others = gap.wordings.filter((one) => one !== gap.question);
    return h("li", {}, h("details", {},
      h("summary", {}, h("span", { class: "count" }, `${gap.count} ×`), " ", h("span", { dir: "auto" }, gap.question), " ", days(gap)),
      h("p", { class: "quiet" }, `Last asked ${gap.last.slice(0, 10)} · `, h("a", { href }, "ask again")),
      others.length > 0 && h("ul", {}, others.map((one) => h("li", { dir: "auto" }, one)))));
  }

  async #export() {
    const url = address("v1/unanswered", { collection: this.collection });
    const got = await request(url, { headers: { accept: "text/csv" } });
    const made = URL.createObjectURL(await got.blob());
    h("a", { href: made, download: `${this.collection}-unanswered.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(made), 60_000);
  }

  async #forget() {
    if (!(await confirmed("Forget all these questions?", "They leave the server.", "Forget"))) return;
    await request(address("v1/unanswered", { collection: this.collection }), { method: "DELETE" }).catch(
      (error) => say(error instanceof Problem ? error.message : "That did not work."));
    await this.load();
  }
}

/** Return bars of how often a question was asked on each of its last days. @param {Gap} gap */
function days(gap) {
  const counts = Object.values(gap.by_day).slice(-20);
  if (counts.length < 2) return null;
  const most = Math.max(...counts);
  return h("span", { class: "days", "aria-hidden": "true" }, counts.map((count) => {
    const bar = h("i");
    bar.style.height = `${Math.max(15, (100 * count) / most)}%`;
    return bar;
  }));
}
