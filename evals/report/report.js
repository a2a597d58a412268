"use strict";
// Sorting, filtering and turning pages; all there is to read can be read without.
(() => {
  const byId = (id) => document.getElementById(id);
  const [list, body, kind, words, order, status] =
    ["list", "rows", "kind", "words", "order", "status"].map(byId);
  const rows = [...body.rows]; // the worst first, as they come
  const pageOf = (row) => row.dataset.page && byId(row.dataset.page);
  const title = document.title;
  const spoken = new Map();

  // What the text filter looks at: the id, the question and what was said.
  const said = (row) => {
    if (!spoken.has(row)) {
      const answer = pageOf(row) && pageOf(row).querySelector(".answer");
      const parts = [row.querySelector(".id"), row.querySelector(".asked"), answer];
      spoken.set(row, parts.map((part) => (part ? part.textContent : "")).join(" ").toLowerCase());
    }
    return spoken.get(row);
  };
  const filter = () => {
    const wanted = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = (kind.value && row.dataset.kind !== kind.value)
        || !wanted.every((word) => said(row).includes(word));
      shown += !row.hidden;
    }
    status.textContent = `${shown} of ${rows.length} shown`;
  };

  // Sorting: by a column, downwards or upwards; what has no value comes last.
  const heads = [...list.tHead.rows[0].cells];
  let sorted = { column: 0, sign: 1 };
  const value = (row, column) => {
    const text = row.cells[column].textContent.trim();
    return text === "–" ? null : Number(text.replaceAll(",", ""));
  };
  const byText = new Intl.Collator("en", { numeric: true }).compare;
  const text = (it, column) => it.row.cells[column].textContent;
  const sort = (column, sign) => {
    sorted = { column, sign };
    const key = heads[column].dataset.key;
    const keyed = rows.map((row, at) => ({ row, at, value: key === "number" ? value(row, column) : at }));
    keyed.sort((a, b) => {
      if (key === "text") return sign * byText(text(a, column), text(b, column)) || a.at - b.at;
      if (a.value === null || b.value === null) return (a.value === null) - (b.value === null) || a.at - b.at;
      return sign * (a.value - b.value) || a.at - b.at;
    });
    body.append(...keyed.map((it) => it.row));
    heads.forEach((head, at) => {
      if (at === column) head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    order.value = `${column} ${sign}`;
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(column, sorted.column === column ? -sorted.sign : 1));
    const [up, down] = { worst: ["worst first", "worst last"], text: ["A to Z", "Z to A"],
      number: ["lowest first", "highest first"] }[head.dataset.key];
    order.add(new Option(`${head.textContent}, ${up}`, `${column} 1`));
    order.add(new Option(`${head.textContent}, ${down}`, `${column} -1`));
    head.replaceChildren(button);
  });

  // Pages: the one that the address names; its links follow the list as it is sorted and filtered.
  const current = () => rows.find((row) => row.dataset.page && `#${row.dataset.page}` === location.hash);
  const link = (nav, name, row, label) => {
    let anchor = nav.querySelector(`.${name}`);
    if (!anchor) {
      anchor = document.createElement("a");
      anchor.className = name;
      anchor.textContent = label;
      nav.querySelector(".where").before(anchor);
    }
    anchor.hidden = !row;
    if (row) anchor.href = `#${row.dataset.page}`;
  };
  const show = () => {
    const row = current();
    document.title = title;
    if (!row) return;
    const page = pageOf(row);
    const order = [...body.rows].filter((other) => other.dataset.page && (!other.hidden || other === row));
    const at = order.indexOf(row);
    const nav = page.querySelector(".turn");
    link(nav, "previous", order[at - 1], "‹ Previous");
    link(nav, "next", order[at + 1], "Next ›");
    nav.querySelector(".where").textContent =
      `${at + 1} of ${order.length}${order.length < rows.length ? " shown" : ""}; keys ← → and Esc`;
    const heading = page.querySelector("h2");
    document.title = `${heading.textContent.slice(0, 80)} – ${title}`;
    page.scrollIntoView();
    heading.focus({ preventScroll: true });
  };
  const keys = { ArrowLeft: ".previous", ArrowRight: ".next", Escape: ".back" };
  document.addEventListener("keydown", (event) => {
    const row = current();
    if (!row || !keys[event.key] || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const anchor = pageOf(row).querySelector(`.turn ${keys[event.key]}`);
    if (anchor && !anchor.hidden) anchor.click();
  });
  // Back in the list, the question that one comes from has the focus.
  let before = null;
  window.addEventListener("hashchange", () => {
    show();
    const anchor = before && !current() && location.hash === `#${before.id}` && before.querySelector("a");
    if (anchor) {
      before.hidden = false;
      before.scrollIntoView({ block: "center" });
      anchor.focus({ preventScroll: true });
    }
    before = current() || null;
  });

  for (const anchor of document.querySelectorAll(".kinds a")) {
    anchor.addEventListener("click", (event) => {
      event.preventDefault();
      kind.value = anchor.dataset.kind;
      words.value = "";
      filter();
      byId("questions").scrollIntoView();
      kind.focus({ preventScroll: true });
    });
  }
  let waiting = 0;
  kind.addEventListener("change", filter);
  words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  order.addEventListener("change", () => sort(...order.value.split(" ").map(Number)));
  byId("controls").hidden = false;
  sort(0, 1);
  filter();
  show();
  before = current() || null;
})();
