// The key of a person, where the server needs one: kept for this tab, and sent with every request.

import { button, h } from "./dom.js";

const KEPT = "citespan-key";
const PUBLISHED = /^#key=(csp_[a-z2-9]{10}_[0-9a-f]{64})$/;

/** @type {Promise<boolean> | null} one question at a time, however many requests wait */
let asking = null;

/** Keep a published key that an address brought, and take it out of the address. */
export function takeKey() {
  const found = PUBLISHED.exec(location.hash);
  if (!found?.[1]) return;
  sessionStorage.setItem(KEPT, found[1]);
  history.replaceState(history.state, "", location.pathname + location.search);
}

/** Return the key of this tab, or nothing. */
export const keptKey = () => sessionStorage.getItem(KEPT) ?? "";

/** Return the header that a request needs. @param {string} key @returns {Record<string, string>} */
export const keyHeader = (key) => (key ? { authorization: `Bearer ${key}` } : {});

/**
 * Ask for a key after one was refused; resolve to whether there is another one to try.
 * @param {string} refused
 */
export function askForKey(refused) {
  if (keptKey() !== refused) return Promise.resolve(true);
  asking ??= shown(refused).finally(() => { asking = null; });
  return asking;
}

/** @param {string} refused @returns {Promise<boolean>} */
function shown(refused) {
  const input = h("input", {
    type: "password", id: "key", autocomplete: "off", required: true, spellcheck: false,
    "aria-describedby": "key-words", placeholder: "csk_…",
  });
  const words = refused ? "This key does not work here, or no longer." : "This server answers only people with a key.";
  const form = h("form", { method: "dialog" },
    h("h2", { id: "key-title" }, "Your key"), h("p", { id: "key-words" }, words),
    h("label", { for: "key", class: "unseen" }, "Key"), input,
    h("p", { class: "actions" },
      button("Cancel", () => dialog.close("")),
      h("button", { type: "submit", value: "yes", class: "primary" }, "Continue")));
  const dialog = h("dialog", { "aria-labelledby": "key-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    const given = input.value.trim();
    if (dialog.returnValue === "yes" && given) sessionStorage.setItem(KEPT, given);
    resolve(dialog.returnValue === "yes" && !!given);
  }));
}
