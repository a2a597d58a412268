// The conversation, kept for the tab; where the browser keeps nothing, it lasts as long as the page.

/** @typedef {import("./types").Turn} Turn */

const MOST = 20; // turns
const FIELDS = ["question", "parts", "citations", "note", "passages", "state", "retry"];

/** @param {string} key @returns {Turn[]} */
export function remembered(key) {
  try {
    const found = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return found.filter((/** @type {object} */ one) => FIELDS.every((name) => name in one));
  } catch {
    return [];
  }
}

/** @param {string} key @param {Turn[]} turns */
export function remember(key, turns) {
  try {
    const ended = turns.filter((one) => one.state !== "asking").slice(-MOST);
    sessionStorage.setItem(key, JSON.stringify(ended));
  } catch {
    // Full, or forbidden in this frame: the conversation goes on without it.
  }
}

/** Return the messages before a question, as the service takes them. @param {Turn[]} turns */
export function history(turns) {
  return turns
    .filter((one) => one.parts.length && one.state === "done")
    .slice(-MOST)
    .flatMap((one) => [
      { role: "user", content: one.question },
      { role: "assistant", content: one.parts.map((part) => part.text).join("") },
    ]);
}
