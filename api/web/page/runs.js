// The runs of the evaluation: headline numbers, plots, mistakes, and what turned since another run.

import { address, json, Problem } from "./api.js";
import { fill, h } from "./dom.js";
import { lines } from "./plots.js";

/** @import { Comparison, Measure, Run, RunDetail } from "./types.js" */

const MOST = 50; // questions that are listed
const KEY = ["conditioned_score", "citation_recall", "citation_precision", "false_answer_rate", "over_abstention_rate"];

export class Runs extends HTMLElement {
  #body = h("div", { class: "runs" });

  connectedCallback() {
    if (this.childElementCount) return;
    document.title = "Runs · citespan";
    this.append(h("h1", {}, "Runs"), this.#body);
    void this.#load().catch((error) => fill(this.#body, h("p", { class: "failed", role: "alert" },
      error instanceof Problem ? error.message : "The runs could not be read.")));
  }

  async #load() {
    const query = new URLSearchParams(location.search);
    const [chosen, since] = [query.get("run"), query.get("since")];
    /** @type {{runs: Run[]}} */
    const { runs } = await json(address("v1/runs"));
    if (!runs.length) {
      fill(this.#body, h("p", {}, "Nothing was measured yet. ", h("code", {}, "citespan eval run FOLDER"), " measures, and its runs come here."));
      return;
    }
    fill(this.#body, table(runs, chosen));
    const run = runs.find((one) => one.id === chosen) ?? runs[0];
    if (!run) return;
    /** @type {RunDetail} */
    const detail = await json(address(`v1/runs/${path(run.id)}`));
    const others = runs.filter((one) => one.id !== run.id && one.dataset === run.dataset);
    this.#body.append(shown(detail), chooser(run, others, since));
    if (since) this.#body.append(await compared(run, since));
  }
}
customElements.define("citespan-runs", Runs);

/** @param {string} id */
const path = (id) => id.split("/").map(encodeURIComponent).join("/");
/** @param {number | null} value */
const number = (value) => (value === null ? "–" : value.toFixed(3));

/** @param {Run[]} runs @param {string | null} chosen */
function table(runs, chosen) {
  const names = KEY.filter((name) => runs.some((run) => run.headline.some((one) => one.name === name)));
  const titles = names.map((name) => runs.flatMap((run) => run.headline).find((one) => one.name === name)?.title ?? name);
  return h("div", { class: "wide", tabIndex: 0, role: "region", "aria-label": "All runs" }, h("table", { class: "documents" },
    h("caption", { class: "unseen" }, "Runs"),
    h("thead", {}, h("tr", {}, ["Data set", "When", "Questions", ...titles].map((one) => h("th", { scope: "col", class: one === "When" ? "words" : "" }, one)))),
    h("tbody", {}, runs.map((run) => h("tr", {},
      h("th", { scope: "row" }, h("a", {
        href: address("runs", { run: run.id }).href, dir: "auto", ...(run.id === (chosen ?? runs[0]?.id) ? { "aria-current": "true" } : {}),
      }, run.dataset), h("span", { class: "quiet id" }, run.subject)),
      h("td", {}, h("time", { dateTime: run.created_at }, run.created_at.slice(0, 16).replace("T", " "))),
      h("td", { class: "number", "data-name": "questions" }, String(run.questions)),
      names.map((name, at) => h("td", { class: "number", "data-name": titles[at] },
        number(run.headline.find((one) => one.name === name)?.value ?? null))))))));
}

/** @param {RunDetail} run */
function shown(run) {
  return h("section", { "aria-label": run.id },
    h("h2", { dir: "auto" }, run.dataset, h("span", { class: "quiet" }, ` ${run.created_at.slice(0, 16).replace("T", " ")}`)),
    h("p", { class: "quiet" }, `${run.questions} questions, ${run.documents === 1 ? "1 document" : `${run.documents} documents`}`, run.failed > 0 && `, ${run.failed} failed`),
    h("dl", { class: "measures" }, run.headline.map(measure)),
    h("div", { class: "plots" },
      lines("Risk and coverage", "share answered", "share wrong", run.risk_coverage),
      lines("Reliability", "confidence", "share right", run.reliability.map((one) => [one.confidence, one.accuracy]), true),
      lines("Gold read", "characters read", "share of the gold", run.span_recall)),
    h("h3", {}, run.mistakes.length ? `What went wrong: ${run.mistakes.length}` : "Nothing went wrong"),
    h("ul", { class: "results" }, run.mistakes.slice(0, MOST).map((one) => h("li", {},
      h("span", { dir: "auto" }, one.question), h("span", { class: "outcome rejected" }, one.fault), h("span", { class: "quiet" }, one.sentence)))));
}

/** Return a measure with its value on a bar, and its interval around it. @param {Measure} one */
function measure(one) {
  const bar = h("span", { class: "bar-of", "aria-hidden": "true" }, h("i"), h("b"));
  const [within, at] = bar.children;
  if (within instanceof HTMLElement && one.low !== null && one.high !== null) {
    within.style.left = `${100 * one.low}%`;
    within.style.width = `${100 * (one.high - one.low)}%`;
  }
  if (at instanceof HTMLElement) at.style.left = `${100 * (one.value ?? 0)}%`;
  const interval = one.low === null || one.high === null ? "" : ` ${one.low.toFixed(2)}–${one.high.toFixed(2)}`;
  return h("div", {}, h("dt", {}, one.title, h("span", { class: "quiet" }, one.higher_is_better ? "" : " (lower is better)")),
    h("dd", {}, h("strong", {}, number(one.value)), h("span", { class: "quiet" }, `${interval} · ${one.n}`), bar));
}

/** @param {Run} run @param {Run[]} others @param {string | null} since */
function chooser(run, others, since) {
  if (!others.length) return h("p", { class: "quiet" }, "Another run of this data set can be compared with it.");
  const choice = h("select", { "aria-label": "Compare with", on: {
    change: () => location.assign(address("runs", { run: run.id, since: choice.value || undefined })),
  } }, h("option", { value: "" }, "Compare with…"),
  others.map((one) => h("option", { value: one.id, selected: one.id === since }, `${one.created_at.slice(0, 16).replace("T", " ")} ${one.subject}`)));
  return h("p", {}, choice);
}

/** @param {Run} run @param {string} since */
async function compared(run, since) {
  /** @type {Comparison} */
  const found = await json(address(`v1/runs/${path(run.id)}/changes`, { since }));
  return h("section", { "aria-label": "Comparison" }, h("h2", {}, "Since that run"),
    h("div", { class: "wide", tabIndex: 0, role: "region", "aria-label": "Differences" }, h("table", { class: "documents" },
      h("caption", { class: "unseen" }, "Differences"),
      h("thead", {}, h("tr", {}, ["Measure", "Before", "After", "Questions", "p", ""].map((one) => h(one ? "th" : "td", one ? { scope: "col" } : {}, one)))),
      h("tbody", {}, found.differences.map((one) => h("tr", {}, h("th", { scope: "row" }, one.title),
        h("td", { class: "number", "data-name": "before" }, number(one.before)), h("td", { class: "number", "data-name": "after" }, number(one.after)),
        h("td", { class: "number", "data-name": "questions" }, String(one.n)), h("td", { class: "number", "data-name": "p" }, one.p.toFixed(3)),
        h("td", { class: `outcome ${one.verdict === "worse" ? "rejected" : one.verdict === "better" ? "added" : ""}` }, one.verdict)))))),
    h("h3", {}, found.turned.length ? `Questions that turned: ${found.turned.length}` : "No question turned"),
    h("ul", { class: "results" }, found.turned.slice(0, MOST).map((one) => h("li", {}, h("span", { dir: "auto" }, one.question),
      h("span", { class: `outcome ${one.after ? "rejected" : "added"}` }, `${one.before ?? "right"} → ${one.after ?? "right"}`)))));
}
