// The card that shows a quote in its context while a citation has the pointer or the focus.

import { fill, h } from "./dom.js";
import { placeWords, shortSpans } from "./citing.js";

/** @import { Citation } from "./types.js" */

const HOLD_MS = 150; // the pointer may cross from the button to the card

const card = h("div", { id: "card", class: "card", popover: "manual", role: "tooltip" });
/** @type {HTMLElement | null} */
let owner = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let closing;

card.addEventListener("pointerenter", () => clearTimeout(closing));
card.addEventListener("pointerleave", () => hideSoon());
addEventListener("scroll", () => hideCard(), { passive: true, capture: true });

/**
 * Make a citation's button show the card.
 * @param {HTMLButtonElement} from
 * @param {Citation} citation
 */
export function withCard(from, citation) {
  from.addEventListener("pointerenter", () => show(from, citation));
  from.addEventListener("pointerleave", () => hideSoon());
  from.addEventListener("focus", () => show(from, citation));
  from.addEventListener("blur", () => hideCard());
  from.addEventListener("click", () => hideCard());
}

/** Hide the card; return whether it was there. */
export function hideCard() {
  clearTimeout(closing);
  if (!owner) return false;
  owner.removeAttribute("aria-describedby");
  owner = null;
  card.hidePopover();
  return true;
}

function hideSoon() {
  clearTimeout(closing);
  closing = setTimeout(hideCard, HOLD_MS);
}

/** @param {HTMLButtonElement} from @param {Citation} citation */
function show(from, citation) {
  clearTimeout(closing);
  if (owner === from) return;
  hideCard();
  if (!card.isConnected) document.getElementById("main")?.append(card);
  fill(card,
    h("p", { class: "card-source" },
      h("strong", { dir: "auto" }, citation.document.title),
      h("span", { class: "quiet" }, placeWords(citation))),
    h("p", { class: "card-quote", dir: "auto" },
      h("span", { class: "context" }, `…${citation.prefix}`),
      h("span", { class: "quote" }, quoted(citation)),
      h("span", { class: "context" }, `${citation.suffix}…`)));
  owner = from;
  from.setAttribute("aria-describedby", card.id);
  card.showPopover();
  placeAt(from.getBoundingClientRect());
}

/** @param {Citation} citation */
function quoted(citation) {
  const made = [];
  let at = 0;
  for (const { start, end } of shortSpans(citation)) {
    if (start < at) continue;
    made.push(citation.quote.slice(at, start), h("b", {}, citation.quote.slice(start, end)));
    at = end;
  }
  return [...made, citation.quote.slice(at)];
}

/** @param {DOMRect} by */
function placeAt(by) {
  const { width, height } = card.getBoundingClientRect();
  const left = Math.max(8, Math.min(by.left - 16, innerWidth - width - 8));
  const below = by.bottom + 8;
  const top = below + height < innerHeight ? below : Math.max(8, by.top - height - 8);
  card.style.left = `${left}px`;
  card.style.top = `${top}px`;
}
