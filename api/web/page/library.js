// The documents of a collection: listed, added, replaced, deleted.

import { address, collections, documentPath, documents, json, posted, Problem, request, where } from "./api.js";
import { readerAddress } from "./citing.js";
import { confirmed } from "./confirm.js";
import { button, fill, h, say } from "./dom.js";
import { JobList } from "./jobs.js";
import { Uploads } from "./uploads.js";

/** @import { Collection, Stored } from "./types.js" */

const PAGED = /^(application\/pdf|image\/)/;
const MOST_VALUES = 100; // of a name in the metadata
const MOST_FILTERED = 10_000; // documents that a filter looks through

export class Library extends HTMLElement {
  collection = new URLSearchParams(location.search).get("collection") || "default";
  /** @type {Stored[]} */
  #stored = [];
  /** @type {string | null} */
  #cursor = null;
  #head = h("div", { class: "library-head" });
  #filter = h("input", {
    type: "search", placeholder: "Filter by title", "aria-label": "Filter by title",
    on: { input: () => void this.#filtered() },
  });
  #facet = h("select", { "aria-label": "Filter by metadata", hidden: true, on: { change: () => void this.#filtered() } });
  #count = h("p", { class: "quiet", role: "status" });
  #rows = h("tbody");
  #table = h("table", { class: "documents" },
    h("caption", { class: "unseen" }, "Documents"),
    h("thead", {}, h("tr", {}, ["Title", "Type", "Length", "Pages", "Revision", "Stored", "Actions"].map((one) =>
      h("th", { scope: "col", class: `of-${one.toLowerCase()}` }, one)))),
    this.#rows);
  #more = button("Show more", () => void this.#load(), { class: "more", hidden: true });
  #jobs = new JobList();
  #uploads = new Uploads(this.collection, () => this.reload());

  connectedCallback() {
    if (this.childElementCount) return;
    this.append(h("h1", {}, "Library"), this.#head, this.#uploads.element,
      h("div", { class: "filtering" }, this.#filter, this.#facet, this.#count),
      h("div", { class: "wide", tabIndex: 0, role: "region", "aria-label": "Documents" }, this.#table),
      this.#more, this.#jobs.element);
    document.title = "Library · citespan";
    void this.reload();
  }

  focusBox() {
    this.#filter.focus();
  }

  /** Read everything again. */
  async reload() {
    this.#stored = [];
    this.#cursor = null;
    try {
      this.#drawCollections(await collections());
      await this.#load();
      await this.#jobs.load();
    } catch (error) {
      fill(this.#count, error instanceof Problem ? error.message : "The library could not be read.");
    }
  }

  async #load() {
    const found = await documents(this.collection, this.#cursor ?? undefined);
    this.#stored.push(...found.documents);
    this.#cursor = found.next_cursor;
    this.#draw();
  }

  async #filtered() {
    this.#draw();
    while ((this.#filter.value || this.#facet.value) && this.#cursor && this.#stored.length < MOST_FILTERED) await this.#load();
  }

  #draw() {
    const sought = this.#filter.value.trim().toLocaleLowerCase();
    const wanted = this.#facet.value;
    const shown = this.#stored.filter((one) => `${one.title} ${one.id}`.toLocaleLowerCase().includes(sought)
      && (!wanted || facetsOf(one).some(([key, value]) => facetId(key, value) === wanted)));
    this.#offerFacets();
    fill(this.#rows, shown.map((one) => this.#row(one)));
    this.#more.hidden = !this.#cursor;
    this.#table.hidden = !shown.length;
    const count = shown.length === 1 ? "1 document" : `${shown.length} documents`;
    fill(this.#count, !this.#stored.length ? "No documents yet. Drop files above." : sought || wanted ? `${count} found` : count);
  }

  /** Offer what the metadata of the documents says, by its names. */
  #offerFacets() {
    /** @type {Map<string, Set<string>>} */
    const found = new Map();
    for (const [key, value] of this.#stored.flatMap(facetsOf)) found.set(key, (found.get(key) ?? new Set()).add(value));
    const chosen = this.#facet.value;
    fill(this.#facet, h("option", { value: "" }, "Any metadata"), [...found].sort().map(([key, values]) =>
      h("optgroup", { label: key }, [...values].sort().slice(0, MOST_VALUES).map((value) =>
        h("option", { value: facetId(key, value), selected: facetId(key, value) === chosen }, value)))));
    this.#facet.hidden = !found.size;
  }

  /** @param {Stored} one */
  #row(one) {
    const { collection } = this;
    const name = one.title || one.id;
    const pick = h("input", {
      type: "file", class: "unseen", tabIndex: -1, "aria-label": `New file for ${name}`,
      on: { change: () => void this.#replace(one, pick.files?.[0]) },
    });
    return h("tr", {},
      h("th", { scope: "row" }, h("a", { href: readerAddress({ collection, id: one.id }).href, dir: "auto" }, name),
        name !== one.id && h("span", { class: "quiet id", dir: "auto" }, one.id)),
      h("td", {}, kind(one.media_type)),
      h("td", { class: "number", "data-unit": "characters" }, one.length.toLocaleString("en")),
      this.#pages(one),
      h("td", { class: "number", "data-name": "revision" }, String(one.revision)),
      h("td", {}, h("time", { dateTime: one.created_at }, one.created_at.slice(0, 10))),
      h("td", { class: "row-actions" }, pick,
        button("Replace", () => pick.click(), { "aria-label": `Replace ${name}` }),
        button("Delete", () => void this.#remove(one), { class: "danger", "aria-label": `Delete ${name}` })));
  }

  /** Return the cell of a document's pages, whose number comes once the cell is seen. @param {Stored} one */
  #pages(one) {
    const cell = h("td", { class: "number", "data-unit": "pages" });
    if (!PAGED.test(one.media_type)) return cell;
    const { collection } = this;
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      void where(one.id, { collection }).then((found) => fill(cell, String(found.pages.length || ""))).catch(() => {});
    });
    seen.observe(cell);
    return cell;
  }

  /** @param {Stored} one @param {File | undefined} file */
  async #replace(one, file) {
    if (!file) return;
    const body = new FormData();
    body.append("file", file);
    const url = address(documentPath(one.id), { collection: this.collection });
    await this.#change(() => request(url, { method: "PUT", body }), `Replaced ${one.title || one.id}`);
  }

  /** @param {Stored} one */
  async #remove(one) {
    const name = one.title || one.id;
    if (!(await confirmed(`Delete “${name}”?`, "All its revisions go, and answers can no longer cite it.", "Delete"))) return;
    const url = address(documentPath(one.id), { collection: this.collection });
    await this.#change(() => request(url, { method: "DELETE" }), `Deleted ${name}`);
  }

  /** @param {() => Promise<unknown>} change @param {string} done */
  async #change(change, done) {
    try {
      await change();
      say(done);
      await this.reload();
    } catch (error) {
      say(error instanceof Problem ? error.message : "That did not work.");
    }
  }

  /** @param {Collection[]} found */
  #drawCollections(found) {
    const link = (/** @type {Collection} */ { name, documents: count }) => h("a", {
      href: address("library", { collection: name }).href, class: "chip",
      ...(name === this.collection ? { "aria-current": "page" } : {}),
    }, name, h("span", { class: "count" }, String(count)));
    const drop = this.collection !== "default" &&
      button("Delete this collection", () => void this.#drop(), { class: "danger" });
    fill(this.#head, h("nav", { class: "chips", "aria-label": "Collections" }, found.map(link)),
      button("New collection", () => void this.#create()), drop);
  }

  async #create() {
    const name = h("input", { name: "name", required: true, pattern: "[a-z0-9][a-z0-9_\\-]{0,62}", "aria-label": "Name" });
    const agreed = await confirmed("New collection", "A name of small letters, digits, - and _.", "Create", name);
    if (!agreed) return;
    await this.#change(async () => {
      await json(address("v1/collections"), posted({ name: name.value }));
    }, `Created ${name.value}`);
  }

  async #drop() {
    const name = this.collection;
    if (!(await confirmed(`Delete the collection “${name}”?`, "All its documents go with it.", "Delete"))) return;
    await this.#change(async () => {
      await request(address(`v1/collections/${encodeURIComponent(name)}`), { method: "DELETE" });
      location.assign(address("library"));
    }, `Deleted ${name}`);
  }
}
customElements.define("citespan-library", Library);

/** @param {string} key @param {string} value */
const facetId = (key, value) => JSON.stringify([key, value]);

/** Return the names and values of a document's metadata; each value of a list by itself. @param {Stored} one @returns {[string, string][]} */
function facetsOf({ metadata }) {
  return Object.entries(metadata).flatMap(([key, given]) => [given].flat()
    .filter((value) => value !== null && String(value).length <= 80).map((value) => /** @type {[string, string]} */ ([key, String(value)])));
}

// By media type, or by its last part.
/** @type {Record<string, string>} */
const KINDS = {
  "text/plain": "Text", "text/markdown": "Markdown", "text/html": "HTML", "application/pdf": "PDF", "text/csv": "CSV",
  "message/rfc822": "E-mail", "application/epub+zip": "E-book", "application/json": "JSON",
  "ms-outlook": "E-mail", "sheet": "Spreadsheet", "spreadsheet": "Spreadsheet", "document": "Document",
  "text": "Document", "presentation": "Slides", "rtf": "RTF",
};

/** @param {string} mediaType */
function kind(mediaType) {
  if (mediaType.startsWith("image/")) return "Image";
  const last = mediaType.split(/[/.]/).at(-1) ?? mediaType;
  return KINDS[mediaType] ?? KINDS[last] ?? last.replace(/^x-/, "");
}
