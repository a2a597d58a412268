// Spans of text are painted, not wrapped: the document's text nodes stay whole where browsers can.

/** @typedef {"cited" | "cited-other" | "short-answer" | "markup"} Name */

/** @type {Map<Name, Map<object, Range[]>>} */
const painted = new Map();

const CAN = typeof Highlight !== "undefined" && "highlights" in CSS;

/**
 * Paint ranges under a name; an owner's earlier ones under this name go.
 * @param {object} owner
 * @param {Name} name
 * @param {Range[]} ranges
 */
export function paint(owner, name, ranges) {
  const owners = painted.get(name) ?? new Map();
  painted.set(name, owners);
  for (const range of owners.get(owner) ?? []) if (!CAN) unwrap(range);
  owners.set(owner, ranges);
  if (!CAN) {
    if (name !== "markup") for (const range of ranges) wrap(range, name);
    return;
  }
  const made = new Highlight(...[...owners.values()].flat());
  made.priority = ["markup", "cited-other", "cited", "short-answer"].indexOf(name);
  CSS.highlights.set(name, made);
}

/** Take an owner's marks away. @param {object} owner */
export function unpaint(owner) {
  for (const name of painted.keys()) {
    paint(owner, name, []);
    painted.get(name)?.delete(owner);
  }
}

/**
 * Return the range of characters of an element, in UTF-16 units of its text.
 * @param {Node} from the element that holds the first character
 * @param {number} start
 * @param {Node} to the element that holds the last one
 * @param {number} end
 */
export function rangeOf(from, start, to, end) {
  const range = document.createRange();
  range.setStart(...place(from, start, false));
  range.setEnd(...place(to, end, true));
  return range;
}

/** @param {Node} inside @param {number} unit @param {boolean} isEnd @returns {[Node, number]} */
function place(inside, unit, isEnd) {
  const walker = document.createTreeWalker(inside, NodeFilter.SHOW_TEXT);
  let last = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = /** @type {Text} */ (node).data.length;
    if (isEnd ? unit <= length : unit < length) return [node, unit];
    unit -= length;
    last = node;
  }
  return last ? [last, /** @type {Text} */ (last).data.length] : [inside, 0];
}

/** @param {Range} range @param {Name} name */
function wrap(range, name) {
  const scope = range.commonAncestorContainer;
  const inside = scope instanceof Text ? scope.parentNode ?? scope : scope;
  const walker = document.createTreeWalker(inside, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (range.intersectsNode(node)) found.push(/** @type {Text} */ (node));
  }
  const { startContainer, startOffset, endContainer, endOffset } = range;
  for (const node of found) {
    const end = node === endContainer ? endOffset : node.data.length;
    const start = node === startContainer ? startOffset : 0;
    if (start >= end) continue;
    if (end < node.data.length) node.splitText(end);
    const inner = start > 0 ? node.splitText(start) : node;
    const mark = document.createElement("mark");
    mark.className = name;
    inner.replaceWith(mark);
    mark.append(inner);
  }
}

/** @param {Range} range */
function unwrap(range) {
  const scope = range.commonAncestorContainer;
  const inside = scope instanceof Element ? scope : scope.parentElement;
  for (const mark of inside?.closest(".blocks, .sentence")?.querySelectorAll("mark") ?? []) {
    mark.replaceWith(...mark.childNodes);
  }
}
