// A question with two ways out, as the browser's own dialog.

import { button, h } from "./dom.js";

/**
 * Ask before something is done; resolve to whether the person agreed.
 * @param {string} title
 * @param {string} words
 * @param {string} yes
 * @param {HTMLInputElement} [input] asked for as well
 * @returns {Promise<boolean>}
 */
export function confirmed(title, words, yes, input) {
  const form = h("form", { method: "dialog" },
    h("h2", { id: "dialog-title", dir: "auto" }, title), h("p", {}, words), input ?? null,
    h("p", { class: "actions" },
      button("Cancel", () => dialog.close("")),
      h("button", { type: "submit", value: "yes", class: input ? "primary" : "primary danger" }, yes)));
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes");
  }));
}
