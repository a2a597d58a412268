// Where a citation opens: the document's own page at the words, or else the reader of the service.

/** @typedef {import("./types").Citation} Citation */
/** @typedef {import("./types").Passage} Passage */

const LONG = 200; // characters that a link names whole; of a longer quote it names both ends
const ENDS = 4; // words
const CONTEXT = 3; // words before and after, which tell two equal sentences apart
const PLAIN = /^[\p{L}\p{M}\p{N}.,;:'’"“”()%€$£/-]+$/u; // no markup, which the page does not show

/**
 * Return the address that shows a citation.
 * @param {Citation} citation @param {string} collection @param {URL} base of the service
 */
export function citationLink(citation, collection, base) {
  const own = webAddress(citation.document.uri);
  const { id, revision } = citation.document;
  if (!own) return readerLink({ ...citation, document_id: id, revision }, collection, base);
  const page = webAddress(citation.open_url);
  if (page && page.hash.startsWith("#page=")) return page.href; // a PDF has pages, not words
  own.hash = `${own.hash.split(":~:")[0]}:~:text=${textDirective(citation)}`;
  return own.href;
}

/**
 * Return the address of a span in the reader of the service.
 * @param {Pick<Passage, "document_id" | "revision" | "start" | "end">} span
 * @param {string} collection @param {URL} base
 */
export function readerLink(span, collection, base) {
  const link = new URL(`documents/${encodeURIComponent(span.document_id)}`, base);
  link.searchParams.set("revision", String(span.revision));
  link.searchParams.set("start", String(span.start));
  link.searchParams.set("end", String(span.end));
  if (collection !== "default") link.searchParams.set("collection", collection);
  link.hash = base.hash; // a publishable key
  return link.href;
}

/**
 * Return `prefix-,start,end,-suffix`, as https://wicg.github.io/scroll-to-text-fragment/ has it.
 * @param {Pick<Citation, "quote" | "prefix" | "suffix">} citation
 */
export function textDirective({ quote, prefix, suffix }) {
  const words = quote.split(/\s+/).filter(Boolean);
  const whole = quote.length <= LONG && !/\n/.test(quote.trim());
  const cut = !whole && words.length > 2 * ENDS;
  const parts = cut ? [words.slice(0, ENDS), words.slice(-ENDS)] : [words];
  const before = plain(prefix.split("\n").pop() ?? "").slice(1).slice(-CONTEXT); // the first may be cut
  const after = plain(suffix.split("\n")[0] ?? "").slice(0, -1).slice(0, CONTEXT);
  return [
    ...(before.length ? [`${escaped(before)}-`] : []),
    ...parts.map(escaped),
    ...(after.length ? [`-${escaped(after)}`] : []),
  ].join(",");
}

/** Return the words of a line, or none if it has markup. @param {string} line */
function plain(line) {
  const words = line.split(/\s+/).filter(Boolean);
  return words.every((word) => PLAIN.test(word)) ? words : [];
}

/** @param {string[]} words */
const escaped = (words) => encodeURIComponent(words.join(" ")).replaceAll("-", "%2D");

/** Return an address if following it is safe: of the web, never of a script. @param {string | null} address */
function webAddress(address) {
  if (!address || !URL.canParse(address)) return null;
  const url = new URL(address);
  return url.protocol === "https:" || url.protocol === "http:" ? url : null;
}
