// The page: which view an address shows, and what the server's state is.

import { address, collections, root } from "./api.js";
import { button, fill, h } from "./dom.js";
import { Ask } from "./ask.js";
import { Library } from "./library.js";
import { Reader } from "./reader.js";
import { Review } from "./review.js";
import { Runs } from "./runs.js";
import { listen, showKeys } from "./keys.js";
import { takeKey } from "./signin.js";

const AGAIN_MS = 2000;
const VIEWS = ["", "library", "review", "runs"];
const asking = new Ask(); // one, so that conversations outlive a look at another view
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const banner = /** @type {HTMLElement} */ (document.getElementById("banner"));
let waiting = false;

/** Show the view of the address. */
function show() {
  const path = location.pathname.slice(root.pathname.length);
  const query = new URLSearchParams(location.search);
  const collection = query.get("collection") || "default";
  for (const name of VIEWS) {
    const link = document.getElementById(`to-${name || "ask"}`);
    if (path === name) link?.setAttribute("aria-current", "page");
    else link?.removeAttribute("aria-current");
    if (link instanceof HTMLAnchorElement) link.href = address(name, { collection }).href;
  }
  if (path === "library") fill(main, new Library());
  else if (path === "review") fill(main, new Review());
  else if (path === "runs") fill(main, new Runs());
  else if (path.startsWith("documents/")) fill(main, documentView(path.slice("documents/".length), query, collection));
  else fill(main, asking);
}

/** @param {string} path @param {URLSearchParams} query @param {string} collection */
function documentView(path, query, collection) {
  const reader = new Reader();
  const id = decodeURIComponent(path);
  document.title = `${id} · citespan`;
  reader.alone = true;
  const number = (/** @type {string} */ name) => {
    const given = query.get(name);
    return given && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
  };
  const start = number("start");
  const end = number("end");
  reader.show({ collection, id, revision: number("revision"), start, end: start === undefined ? undefined : end });
  return reader;
}

/** Say what the server's state is until it answers questions. @param {string} words */
async function wait(words) {
  if (waiting) return;
  waiting = true;
  const view = main.firstElementChild;
  for (;;) {
    const state = await fetch(address("health/ready"), { headers: { accept: "application/json" } }).catch(() => null);
    if (state?.ok) break;
    banner.hidden = false;
    fill(banner, state ? "The service is starting…" : words);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
  waiting = false;
  if (banner.hidden) return;
  banner.hidden = true;
  const untouched = view instanceof Ask ? !view.turns.length : true;
  if (view === main.firstElementChild && untouched) show();
}

/** Let people choose among collections where there are several. */
async function chooseCollection() {
  const found = await collections().catch(() => []);
  if (found.length < 2) return;
  const now = new URLSearchParams(location.search).get("collection") || "default";
  const choice = h("select", { "aria-label": "Collection", on: {
    change: () => {
      const path = VIEWS.find((one) => one && location.pathname.endsWith(`/${one}`)) ?? "";
      location.assign(address(path, { collection: choice.value }));
    },
  } }, found.map((one) => h("option", { value: one.name, selected: one.name === now }, one.name)));
  document.getElementById("tools")?.prepend(choice);
}

document.getElementById("tools")?.append(button("?", () => void showKeys(), { class: "help", "aria-label": "Keys" }));
document.addEventListener("citespan:offline", () => void wait("The server does not answer. Trying again…"));
document.addEventListener("citespan:waiting", () => void wait("The service is starting…"));
addEventListener("offline", () => void wait("You are offline. Trying again…"));
addEventListener("popstate", show);
takeKey();
listen(main);
show();
void wait("The server does not answer. Trying again…");
void chooseCollection();
