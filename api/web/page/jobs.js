// Work in the background: its state, and each file's outcome.

import { address, json, Problem } from "./api.js";
import { fill, h } from "./dom.js";
import { OUTCOMES } from "./uploads.js";

/** @import { Job } from "./types.js" */

const SHOWN = 20;

export class JobList {
  #list = h("ul", { class: "jobs" });
  element = h("section", { "aria-labelledby": "jobs-title", hidden: true },
    h("h2", { id: "jobs-title" }, "Jobs"), this.#list);

  async load() {
    /** @type {{jobs: Job[]}} */
    const { jobs } = await json(address("v1/jobs")).catch((error) => {
      if (error instanceof Problem && error.status === 403) return { jobs: [] }; // the key is only for reading
      throw error;
    });
    this.element.hidden = !jobs.length;
    fill(this.#list, jobs.slice(0, SHOWN).map((one) => item(one)));
  }
}

/** @param {Job} job */
function item(job) {
  const outcomes = Object.entries(job.outcomes).map(([name, count]) => `${count} ${name}`);
  const results = h("ul", { class: "results" });
  const details = h("details", {},
    h("summary", {}, h("span", { class: `state-${job.state}` }, job.state),
      ` ${job.kind} · ${job.collection} · ${job.files_done} of ${job.files} · `,
      h("time", { dateTime: job.created_at }, job.created_at.slice(0, 16).replace("T", " ")),
      outcomes.length > 0 && ` · ${outcomes.join(", ")}`),
    job.reason && h("p", { class: "failed" }, job.reason), results);
  details.addEventListener("toggle", () => {
    if (details.open) void show(job, results);
  });
  return h("li", {}, details);
}

/** @param {Job} job @param {HTMLElement} list */
async function show(job, list) {
  /** @type {Job} */
  const found = await json(address(`v1/jobs/${encodeURIComponent(job.id)}`));
  fill(list, (found.results ?? []).map((one) => h("li", {},
    h("span", { class: "file", dir: "auto" }, one.name),
    h("span", { class: `outcome ${one.outcome ?? ""}` },
      [OUTCOMES[one.outcome ?? ""] ?? one.outcome ?? "waiting", one.reason].filter(Boolean).join(": ")))));
}
