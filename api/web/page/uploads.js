// Files to store: dropped or chosen, sent as jobs, and each with its outcome.

import { address, events, json, Problem, request } from "./api.js";
import { button, fill, h } from "./dom.js";

/** @import { Job } from "./types.js" */

const BATCH_BYTES = 15_000_000; // the server takes bodies of 20 MB unless it is told otherwise
const BATCH_FILES = 100;
/** @type {Record<string, string>} */
export const OUTCOMES = {
  added: "added", replaced: "replaced", unchanged: "already there", duplicate: "the same text is there already",
  partial: "added, not all of it could be read", rejected: "not added",
};

export class Uploads {
  #results = h("ul", { class: "results", "aria-label": "Files", "aria-live": "polite" });
  #pick = h("input", {
    type: "file", multiple: true, class: "unseen", tabIndex: -1, "aria-label": "Files to add",
    on: { change: () => { void this.send([...(this.#pick.files ?? [])]); } },
  });

  /** @param {string} collection @param {() => void} stored called when files were stored */
  constructor(collection, stored) {
    this.collection = collection;
    this.stored = stored;
    const zone = h("div", { class: "drop" },
      h("p", {}, h("strong", {}, "Drop files here"), " or ", button("choose files", () => this.#pick.click(), { class: "link" })),
      h("p", { class: "quiet" }, "PDF, Office, HTML, e-mail, e-books, Markdown, text, tables, scans"), this.#pick);
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      void this.send([...(event.dataTransfer?.files ?? [])]);
    });
    this.element = h("section", { "aria-label": "Add documents" }, zone, this.#results);
  }

  /** Send files, and show what becomes of each. @param {File[]} files */
  async send(files) {
    fill(this.#results);
    for (const batch of batches(files)) await this.#sendBatch(batch);
    this.#pick.value = "";
    if (files.length) this.stored();
  }

  /** @param {File[]} batch */
  async #sendBatch(batch) {
    const rows = batch.map((file) => row(file.name));
    this.#results.append(...rows.map((one) => one.element));
    const body = new FormData();
    for (const file of batch) body.append("files", file);
    try {
      /** @type {Job} */
      const job = await json(address("v1/jobs", { collection: this.collection }), { method: "POST", body });
      const done = await this.#followed(job, rows);
      done.results?.forEach((one, at) => rows[at]?.show(one.outcome ?? "", one.reason ?? ""));
      if (done.state === "failed") for (const one of rows) one.show("rejected", done.reason ?? "");
    } catch (error) {
      const why = error instanceof Problem ? error.message : "The upload did not work.";
      for (const one of rows) one.show("rejected", why);
    }
  }

  /** @param {Job} job @param {ReturnType<typeof row>[]} rows @returns {Promise<Job>} */
  async #followed(job, rows) {
    const url = address(`v1/jobs/${encodeURIComponent(job.id)}`);
    const response = await request(url, { headers: { accept: "text/event-stream" } });
    for await (const { name, data } of events(response)) {
      if (name === "job.done") return data;
      rows.forEach((one, at) => one.wait(at < data.files_done ? "read" : at === data.files_done ? "being read" : "waiting"));
    }
    return json(url);
  }
}

/** @param {string} name */
function row(name) {
  const state = h("span", { class: "outcome" }, "sending");
  const element = h("li", {}, h("span", { dir: "auto", class: "file" }, name), state);
  return {
    element,
    /** @param {string} words */
    wait(words) {
      fill(state, words);
    },
    /** @param {string} outcome @param {string} reason */
    show(outcome, reason) {
      state.className = `outcome ${outcome}`;
      fill(state, [OUTCOMES[outcome] ?? outcome, reason].filter(Boolean).join(": "));
    },
  };
}

/** @param {File[]} files @returns {File[][]} */
function batches(files) {
  /** @type {File[][]} */
  const made = [];
  let bytes = 0;
  for (const file of files) {
    const last = made.at(-1);
    bytes += file.size;
    if (last && bytes <= BATCH_BYTES && last.length < BATCH_FILES) last.push(file);
    else {
      made.push([file]);
      bytes = file.size;
    }
  }
  return made;
}
