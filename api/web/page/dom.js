// Elements from values. Text only ever becomes text: nothing here reads HTML.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Make an element. `on` holds listeners; names with a hyphen, and `role`, are attributes; all
 * other names are properties.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name === "on") for (const [event, heard] of Object.entries(value)) made.addEventListener(event, heard);
    else if (name === "class") made.className = value;
    else if (name === "role" || name === "for" || name.includes("-")) made.setAttribute(name, String(value));
    else Reflect.set(made, name, value);
  }
  made.append(...nodes(children.flat()));
  return made;
}

/**
 * Put children in the place of those that an element has.
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...nodes(children.flat()));
}

/** @param {Child[]} children @returns {(Node | string)[]} */
function nodes(children) {
  const kept = children.filter((one) => one !== null && one !== undefined && one !== false);
  return kept.map((one) => (one instanceof Node ? one : String(one)));
}

/**
 * Make a button.
 * @param {string} label
 * @param {() => void} act
 * @param {Record<string, any>} [props]
 */
export function button(label, act, props = {}) {
  return h("button", { type: "button", on: { click: act }, ...props }, label);
}

/**
 * Return an address if following it is safe: of the web, never of a script.
 * @param {string | null | undefined} address
 */
export function webAddress(address) {
  if (!address || !URL.canParse(address)) return null;
  return ["http:", "https:"].includes(new URL(address).protocol) ? address : null;
}

/**
 * Return the index in UTF-16 units of a code point of a text.
 * @param {string} text
 * @param {number} point
 */
export function unitOf(text, point) {
  let unit = 0;
  for (let at = 0; at < point && unit < text.length; at++) {
    const code = /** @type {number} */ (text.codePointAt(unit));
    unit += code > 0xffff ? 2 : 1;
  }
  return unit;
}

/** Return the code points between two of them. @param {string} text @param {number} start @param {number} end */
export function slice(text, start, end) {
  return text.slice(unitOf(text, start), unitOf(text, end));
}

/** Return how many code points a text has. @param {string} text */
export function lengthOf(text) {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Return a text cut to a number of code points. @param {string} text @param {number} most */
export function cut(text, most) {
  const end = unitOf(text, most);
  return end < text.length ? `${text.slice(0, end).trimEnd()}…` : text;
}

/** Copy text, also where the page is not secure and browsers offer no clipboard. @param {string} text */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = h("textarea", { value: text, class: "unseen", "aria-hidden": "true" });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** Say something to those who do not see, and show it for a moment. @param {string} words */
export function say(words) {
  let toast = document.getElementById("toast");
  if (!toast) {
    toast = h("p", { id: "toast", class: "toast", role: "status" });
    document.body.append(toast);
  }
  fill(toast, words);
  toast.classList.add("shown");
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => toast.classList.remove("shown"), 2500);
}
/** @type {ReturnType<typeof setTimeout> | undefined} */
let sayTimer;
