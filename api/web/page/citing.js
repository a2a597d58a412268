// What a citation says of itself: where it stands, its short answer, and its copies.

import { address } from "./api.js";
import { lengthOf, slice, unitOf } from "./dom.js";

/** @import { Answer, Citation, Place } from "./types.js" */

/** Return the number of a citation, as shown. @param {Citation} citation */
export const numberOf = (citation) => citation.id.replace(/^c/, "");

/**
 * Return in words where a quote stands in its file.
 * @param {{page: number | null, place: Place | null, headings: string[]}} found
 */
export function placeWords({ page, place, headings }) {
  const words = [];
  if (page) words.push(`page ${page}`);
  if (place?.sheet) words.push(`sheet ${place.sheet}`);
  if (place?.cell) words.push(`cell ${place.cell}`);
  if (place?.slide) words.push(`slide ${place.slide}${place.notes ? ", notes" : ""}`);
  if (place?.part) words.push(`part ${place.part}`);
  if (place?.block) words.push(`block ${place.block}`);
  if (place?.line) words.push(`line ${place.line}`);
  return [words.join(", "), ...headings.slice(-1)].filter(Boolean).join(" · ");
}

/**
 * Return the short answers inside a quote, as spans of UTF-16 units of the quote.
 * @param {Citation} citation
 */
export function shortSpans({ quote, start, highlights }) {
  const spans = highlights.map((one) => ({
    start: unitOf(quote, one.start - start), end: unitOf(quote, one.end - start),
  }));
  return spans.filter((one) => one.start < one.end);
}

/** @param {Citation} citation */
export const shortTexts = (citation) =>
  shortSpans(citation).map((one) => citation.quote.slice(one.start, one.end));

/**
 * Return the address of a page of this service that shows a span in its document.
 * @param {{id: string, revision?: number, start?: number, end?: number, collection: string}} target
 */
export function readerAddress({ id, revision, start, end, collection }) {
  return address(`documents/${encodeURIComponent(id)}`, { revision, start, end, collection });
}

/** @param {Citation} citation @param {string} collection */
const linkOf = (citation, collection) =>
  readerAddress({ ...citation.document, start: citation.start, end: citation.end, collection }).href;

/** @param {Citation} citation @param {string} collection */
function reference(citation, collection) {
  const where = placeWords(citation);
  const span = `characters ${citation.start}-${citation.end}`;
  return [citation.document.title, where, `revision ${citation.document.revision}, ${span}`, linkOf(citation, collection)]
    .filter(Boolean).join(", ");
}

/** Return a quote with its source. @param {Citation} citation @param {string} collection */
export const quoteCopy = (citation, collection) =>
  `“${citation.quote}”\n${reference(citation, collection)}`;

/**
 * Return the text of an answer with a marker behind each cited part.
 * @param {Answer} answer
 * @param {(number: string) => string} marker
 */
function marked(answer, marker) {
  let made = "";
  let at = 0;
  for (const segment of answer.segments) {
    const markers = segment.citations.map((id) => marker(id.replace(/^c/, ""))).join("");
    made += slice(answer.answer, at, segment.end) + markers;
    at = segment.end;
  }
  return made + slice(answer.answer, at, lengthOf(answer.answer));
}

/** Escape what Markdown would read as its own. @param {string} text */
const inert = (text) => text.replace(/[\\`*_[\]<>#|~!&]/g, "\\$&");

/** Return an answer in Markdown, with footnotes. @param {Answer} answer @param {string} collection */
export function markdownCopy(answer, collection) {
  const whole = inert(marked(answer, (number) => `\u0000${number}\u0000`));
  const body = whole.replace(/\u0000(\d+)\u0000/g, "[^$1]");
  const notes = answer.citations.map((one) => {
    const quote = inert(one.quote.replace(/\s+/g, " "));
    const where = [inert(one.document.title), placeWords(one), `characters ${one.start}-${one.end}`];
    return `[^${numberOf(one)}]: “${quote}”, ${where.filter(Boolean).join(", ")}, <${linkOf(one, collection)}>`;
  });
  return [body, notes.join("\n")].filter(Boolean).join("\n\n");
}

/** Return an answer in plain text, with its references. @param {Answer} answer @param {string} collection */
export const plainCopy = (answer, collection) =>
  [marked(answer, (number) => ` [${number}]`), referencesCopy(answer, collection)].filter(Boolean).join("\n\n");

/** Return the list of an answer's references. @param {Answer} answer @param {string} collection */
export const referencesCopy = (answer, collection) =>
  answer.citations.map((one) => `[${numberOf(one)}] ${reference(one, collection)}`).join("\n");
