"use strict";
// Sorting and filtering; the page can be read without.
(() => {
  const byId = (id) => document.getElementById(id);
  const list = byId("pages");
  const [order, kind, words, status] = ["order", "kind", "words", "status"].map(byId);
  const pages = [...list.children]; // the worst first, as they come
  const spoken = new Map();

  // What the text filter looks at: the line of the list and what was said.
  const said = (page) => {
    if (!spoken.has(page)) {
      const parts = page.querySelectorAll("summary .id, summary .asked, .answer");
      spoken.set(page, [...parts].map((part) => part.textContent).join(" ").toLowerCase());
    }
    return spoken.get(page);
  };
  const number = (page, name) => {
    const value = page.dataset[name];
    return value === "" || value === undefined ? null : Number(value);
  };
  const byNumber = (name, sign) => (a, b) => {
    const [x, y] = [number(a, name), number(b, name)];
    if (x === y) return 0;
    if (x === null) return 1;
    return y === null ? -1 : sign * (x - y);
  };
  const byName = new Intl.Collator("en", { numeric: true }).compare;
  const comparisons = {
    worst: () => 0,
    position: byNumber("position", 1),
    id: (a, b) => byName(a.dataset.id, b.dataset.id),
    latency: byNumber("latency", -1),
  };
  const sort = () => {
    const comparison = comparisons[order.value] || byNumber(order.value, 1);
    list.replaceChildren(...[...pages].sort(comparison));
  };
  const filter = () => {
    const wanted = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const page of pages) {
      const fits = (!kind.value || page.dataset.kind === kind.value)
        && wanted.every((word) => said(page).includes(word));
      page.hidden = !fits;
      shown += fits;
    }
    status.textContent = `${shown} of ${pages.length} shown`;
  };
  const openTarget = () => {
    const target = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details.page")) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };

  let waiting = 0;
  order.addEventListener("change", sort);
  kind.addEventListener("change", filter);
  words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  window.addEventListener("hashchange", openTarget);
  byId("controls").hidden = false;
  filter();
  openTarget();
})();
