// The pages of a file as pictures, with the boxes of what is cited laid over.

import { address, documentPath, fileAddress } from "./api.js";
import { h } from "./dom.js";
import { keptKey } from "./signin.js";

/** @import { Box, Citation, Target, Where } from "./types.js" */

const WIDTH = 1200;

export class Pages {
  /** @param {Target} target @param {Where} found @param {Citation[]} others */
  constructor(target, found, others) {
    this.found = found;
    const pictures = found.pages.map((size, at) => this.#page(target, size, at + 1));
    for (const one of others) this.#lay(pictures, one.boxes, "box other");
    this.#lay(pictures, found.boxes, "box");
    this.element = h("div", { class: "pages" }, pictures);
  }

  async begin() {
    const pane = this.element.parentElement;
    const shown = this.element.querySelector(".box:not(.other)");
    if (!pane || !shown) return;
    const middle = pane.getBoundingClientRect().top + pane.clientHeight / 3;
    pane.scrollTop += shown.getBoundingClientRect().top - middle;
  }

  end() {}

  /** @param {Target} target @param {{width: number, height: number}} size @param {number} number */
  #page(target, size, number) {
    const query = { collection: target.collection, revision: this.found.revision, width: WIDTH };
    const source = address(documentPath(target.id, `/pages/${number}.png`), query).href;
    const alt = `Page ${number} of ${this.found.pages.length}`;
    const picture = h("img", { loading: "lazy", alt });
    if (keptKey()) whenNear(picture, () => void show(picture, new URL(source)));
    else picture.src = source;
    const paper = h("div", { class: "paper" }, picture);
    paper.style.aspectRatio = `${size.width} / ${size.height}`;
    return h("figure", { class: "page" }, paper, h("figcaption", { class: "quiet" }, String(number)));
  }

  /** @param {HTMLElement[]} pictures @param {Box[]} boxes @param {string} name */
  #lay(pictures, boxes, name) {
    for (const { page, x0, y0, x1, y1 } of boxes) {
      const box = h("div", { class: name, "aria-hidden": "true" });
      box.style.left = `${x0 * 100}%`;
      box.style.top = `${y0 * 100}%`;
      box.style.width = `${(x1 - x0) * 100}%`;
      box.style.height = `${(y1 - y0) * 100}%`;
      pictures[page - 1]?.querySelector(".paper")?.append(box);
    }
  }
}

/** Do something once an element is about to be seen, as browsers load lazy pictures. @param {Element} element @param {() => void} act */
function whenNear(element, act) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((one) => one.isIntersecting)) return;
    watch.disconnect();
    act();
  }, { rootMargin: "100%" });
  watch.observe(element);
}

/** Show a picture that only a request with the key gets. @param {HTMLImageElement} picture @param {URL} source */
async function show(picture, source) {
  const made = await fileAddress(source).catch(() => "");
  if (!made) return;
  picture.addEventListener("load", () => URL.revokeObjectURL(made), { once: true });
  picture.src = made;
}
