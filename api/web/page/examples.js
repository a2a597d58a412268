// Questions to begin with.

/** @import { Stored } from "./types.js" */

const SEED = "seed";
const OF_SEED = [
  "Which think tank does Song Junying work for?",
  "What does CELAC stand for?",
  "Which countries have established relations with China?",
];
const TABLES = /csv|tab-separated|sheet|json/; // which are about nothing in words

/** Return questions that a collection may answer. @param {Stored[]} found */
export function examples(found) {
  if (found.length === 1 && found[0]?.id === SEED) return OF_SEED;
  const titles = found.filter((one) => one.title && one.title.length < 80 && !TABLES.test(one.media_type)).slice(0, 2);
  return [...titles.map((one) => `What is “${one.title}” about?`), "Which documents are there?"];
}
