// Keys: each does what a button does, too. They can be switched off, as screen readers may need.

import { hideCard } from "./card.js";
import { button, h } from "./dom.js";
import { copyQuote } from "./turn.js";
import { Ask } from "./ask.js";
import { Library } from "./library.js";
import { Reader } from "./reader.js";

const OFF = "citespan-keys-off";
const KEYS = [
  ["/", "write a question, or filter the library"], ["j", "next citation"], ["k", "citation before"],
  ["o", "open the citation in its document"], ["c", "copy the citation"], ["t", "pages or text"],
  ["?", "show these keys"], ["Esc", "close what is open"],
];

/** Listen to keys. @param {HTMLElement} main */
export function listen(main) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return escape(main, event);
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || areOff()) return;
    if (document.querySelector("dialog[open]")) return;
    if (pressed(main, event.key)) event.preventDefault();
  });
}

/** @param {EventTarget | null} target */
const isWriting = (target) => target instanceof Element && !!target.closest("input, textarea, select");

/** @param {HTMLElement} main @param {KeyboardEvent} event */
function escape(main, event) {
  if (document.querySelector("dialog[open]")) return;
  const reader = main.querySelector("citespan-reader");
  if (hideCard() || (reader instanceof Reader && reader.close())) event.preventDefault();
}

/** Do what a key says; return whether it says anything here. @param {HTMLElement} main @param {string} key */
function pressed(main, key) {
  const view = main.firstElementChild;
  const reader = main.querySelector("citespan-reader");
  if (key === "?") return showKeys();
  if (key === "t" && reader instanceof Reader) return reader.turn(), true;
  if (key === "/" && (view instanceof Ask || view instanceof Library)) return view.focusBox(), true;
  if (!(view instanceof Ask)) return false;
  if (key === "j" || key === "k") return walk(view, key === "j" ? 1 : -1);
  const found = chosen(view);
  if (!found) return false;
  if (key === "o") return view.open(found.citation, found.turn.citations), true;
  if (key === "c") return void copyQuote(found.citation, found.turn.collection), true;
  return false;
}

/** Return the citation with the focus, or else the open one, or the last turn's first. @param {Ask} view */
function chosen(view) {
  const button = document.activeElement?.closest(".cite") ?? view.querySelector(".cite[aria-expanded=true]")
    ?? view.turns.at(-1)?.element.querySelector(".cite");
  const turn = view.turns.find((one) => button && one.element.contains(button));
  const citation = turn?.citations.find((one) => one.id === button?.getAttribute("data-cite"));
  return turn && citation ? { turn, citation } : null;
}

/** @param {Ask} view @param {number} step */
function walk(view, step) {
  const all = [...view.querySelectorAll(".cite")].filter((one) => one instanceof HTMLElement);
  if (!all.length) return false;
  const now = document.activeElement?.closest(".cite") ?? view.querySelector(".cite[aria-expanded=true]");
  const at = all.findIndex((one) => one === now);
  const first = all.findIndex((one) => view.turns.at(-1)?.element.contains(one));
  const next = all[at < 0 ? Math.max(0, first) : Math.max(0, Math.min(all.length - 1, at + step))];
  next?.focus();
  const found = !view.reader.hidden && chosen(view);
  if (found) view.open(found.citation, found.turn.citations);
  return true;
}

/** Show what the keys do. */
export function showKeys() {
  const off = h("input", {
    type: "checkbox", checked: !areOff(), on: { change: () => switchKeys(off.checked) },
  });
  const dialog = h("dialog", { "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, "Keys"),
    h("dl", { class: "keys" }, KEYS.map(([key, words]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)))),
    h("p", {}, h("label", {}, off, " Single keys work")),
    h("p", { class: "actions" }, button("Close", () => dialog.close(), { autofocus: true })));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  return true;
}

function areOff() {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false; // no storage: keys work
  }
}

/** @param {boolean} on */
function switchKeys(on) {
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  } catch {
    // no storage: the choice lasts as long as the dialog
  }
}
