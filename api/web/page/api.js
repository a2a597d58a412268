// Requests to the server that this page came from, under whatever prefix.

import { askForKey, keptKey, keyHeader } from "./signin.js";

/** @import { Answer, Citation, Collection, Message, Outline, Segment, Stored, Where } from "./types.js" */

/** The service's own address: this module is one folder below it. */
export const root = new URL("..", import.meta.url);

/** Why a request failed, in words for people. */
export class Problem extends Error {
  /** @param {string} message @param {number} status 0 if the server was not reached */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * Return an address below the service's own; values that are undefined are left out.
 * @param {string} path
 * @param {Record<string, string | number | undefined>} [query]
 */
export function address(path, query = {}) {
  const made = new URL(path, root);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && !(name === "collection" && value === "default")) {
      made.searchParams.set(name, String(value));
    }
  }
  return made;
}

/** @param {string} id @param {string} [rest] */
export const documentPath = (id, rest = "") => `v1/documents/${encodeURIComponent(id)}${rest}`;

/**
 * Send a request, and return a response that is not an error.
 * @param {URL} url
 * @param {RequestInit} [init]
 */
export async function request(url, init = {}) {
  /** @type {Response} */
  let response;
  const key = keptKey();
  try {
    const headers = { accept: "application/json", ...keyHeader(key), ...init.headers };
    response = await fetch(url, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    document.dispatchEvent(new Event("citespan:offline"));
    throw new Problem("The server does not answer.", 0);
  }
  if (response.ok) return response;
  if (response.status === 401 && await askForKey(key)) return request(url, init);
  const body = await response.json().catch(() => ({}));
  if (response.status === 503) document.dispatchEvent(new Event("citespan:waiting"));
  throw new Problem(body.detail || body.title || `The server answered ${response.status}.`, response.status);
}

/** @template T @param {URL} url @param {RequestInit} [init] @returns {Promise<T>} */
export const json = async (url, init) => (await request(url, init)).json();

/** @param {unknown} value @returns {RequestInit} */
export const posted = (value) => ({
  method: "POST", body: JSON.stringify(value), headers: { "content-type": "application/json" },
});

/** @returns {Promise<Collection[]>} */
export async function collections() {
  /** @type {{collections: Collection[]}} */
  const found = await json(address("v1/collections"));
  return found.collections;
}

/**
 * Return a page of a collection's documents.
 * @param {string} collection
 * @param {string} [cursor] that of the page before
 */
export async function documents(collection, cursor) {
  /** @type {{documents: Stored[], next_cursor: string | null}} */
  const found = await json(address("v1/documents", { collection, cursor, limit: 200 }));
  return found;
}

/** @param {string} id @param {Record<string, string | number | undefined>} query @returns {Promise<Where>} */
export const where = (id, query) => json(address(documentPath(id, "/where"), query));

/** @param {string} id @param {Record<string, string | number | undefined>} query @returns {Promise<Outline>} */
export const outline = (id, query) => json(address(documentPath(id, "/outline"), query));

/**
 * Return the characters of a revision, with a byte order mark if they begin with one.
 * @param {string} id
 * @param {Record<string, string | number | undefined>} query
 */
export async function text(id, query) {
  const response = await request(address(documentPath(id, "/text"), query), { headers: { accept: "text/plain" } });
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await response.arrayBuffer());
}

/** Return the address of a file that only a request with the key gets. @param {URL} url */
export async function fileAddress(url) {
  const response = await request(url, { headers: { accept: "*/*" } });
  return URL.createObjectURL(await response.blob());
}

/**
 * Yield the events of a stream; it may be cut anywhere.
 * @param {Response} response
 * @returns {AsyncGenerator<{name: string, data: any}>}
 */
export async function* events(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    held = (held + decoder.decode(value, { stream: true })).replaceAll("\r\n", "\n");
    for (let end = held.indexOf("\n\n"); end >= 0; end = held.indexOf("\n\n")) {
      const fields = held.slice(0, end).split("\n").map((line) => line.split(/: (.*)/s));
      held = held.slice(end + 2);
      const named = Object.fromEntries(fields);
      if (named.data) yield { name: named.event ?? "", data: JSON.parse(named.data) };
    }
  }
}

/**
 * @typedef {object} Asked
 * @property {string} question
 * @property {string} collection
 * @property {Message[]} history
 * @property {AbortSignal} signal
 */

/**
 * @typedef {object} Heard
 * @property {() => void} begun
 * @property {(citation: Citation) => void} citation
 * @property {(segment: Segment, soFar: string) => void} segment
 */

/**
 * Ask, tell what arrives, and return the whole answer.
 * @param {Asked} asked
 * @param {Heard} heard
 * @returns {Promise<Answer>}
 */
export async function ask({ question, collection, history, signal }, heard) {
  const init = posted({ question, collection, history, stream: true, include: ["passages"] });
  const response = await request(address("v1/ask"), { ...init, signal });
  let soFar = "";
  try {
    for await (const { name, data } of events(response)) {
      if (name === "answer.created") heard.begun();
      else if (name === "citation.added") heard.citation(data);
      else if (name === "answer.delta") soFar += data.text;
      else if (name === "segment.done") heard.segment(data, soFar);
      else if (name === "answer.done") return data;
      else if (name === "error") throw new Problem(data.detail || data.title, data.status);
    }
  } catch (error) {
    if (signal.aborted || error instanceof Problem) throw error;
  }
  throw new Problem("The connection was cut before the answer was complete.", 0);
}
