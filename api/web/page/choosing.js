// A document to mark words in, chosen by its title.

import { documents } from "./api.js";
import { button, fill, h } from "./dom.js";

/** @import { Stored } from "./types.js" */

const SHOWN = 100;

/**
 * Return a list of a collection's documents to choose from.
 * @param {string} collection
 * @param {(document: Stored) => void} chosen
 */
export function chooser(collection, chosen) {
  /** @type {Stored[]} */
  let stored = [];
  const list = h("ul", { class: "choices" });
  const filter = h("input", { type: "search", placeholder: "Title", "aria-label": "Title", on: { input: () => draw() } });
  const draw = () => {
    const sought = filter.value.trim().toLocaleLowerCase();
    const found = stored.filter((one) => `${one.title} ${one.id}`.toLocaleLowerCase().includes(sought));
    fill(list, found.slice(0, SHOWN).map((one) => h("li", {}, button(one.title || one.id, () => chosen(one), { class: "pointed", dir: "auto" }))));
  };
  void (async () => {
    /** @type {string | undefined} */
    let cursor;
    do {
      const page = await documents(collection, cursor);
      stored = [...stored, ...page.documents];
      cursor = page.next_cursor ?? undefined;
      draw();
    } while (cursor && stored.length < 10_000);
  })().catch(() => fill(list, h("li", { class: "failed" }, "The documents could not be listed.")));
  return h("div", { class: "choosing" }, h("p", {}, "In which document does it stand?"), filter, list);
}
