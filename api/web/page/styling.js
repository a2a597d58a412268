// How a line of source looks, by what it is: larger headings, plain tables, dimmed markup.

/** @import { Span } from "./types.js" */

const CODE = /^(text\/x-(?!rst)|application\/(json|x-|xml|yaml|toml)|text\/(css|javascript))/;
const RULES = /^\s*(\|?\s*:?-{3,}:?\s*)+\|?\s*$/;
// What Markdown says about its words, and not the words.
const SIGNS = /^\s*(?:#{1,6}\s|>\s?|(?:[-*+]|\d+[.)])\s)|\*\*|__|`+|\]\([^()\s]*\)|!?\[|^\s*[|:\-\s]+$|\|/g;

export class Styler {
  #fenced = false;

  /** @param {string} mediaType */
  constructor(mediaType) {
    this.markdown = mediaType === "text/markdown";
    this.code = CODE.test(mediaType);
  }

  /** Return the class of the next line. @param {string} line */
  kind(line) {
    if (this.code) return "code";
    if (!line.trim()) return "blank";
    if (!this.markdown) return "";
    if (/^\s*(```|~~~)/.test(line)) {
      this.#fenced = !this.#fenced;
      return "code";
    }
    if (this.#fenced) return "code";
    const level = /^(#{1,6})\s/.exec(line)?.[1]?.length;
    if (level) return `heading level-${level}`;
    if (/^\s*\|/.test(line) || (line.includes("|") && RULES.test(line))) return "code";
    if (/^\s*([-*+]|\d+[.)])\s/.test(line)) return "item";
    return /^\s*>/.test(line) ? "aside" : "";
  }

  /** Return the markup of a line, in UTF-16 units. @param {string} line @returns {Span[]} */
  markup(line) {
    if (!this.markdown || line.length > 5000) return [];
    return [...line.matchAll(SIGNS)].map((one) => ({ start: one.index, end: one.index + one[0].length }))
      .filter((one) => one.start < one.end);
  }
}
