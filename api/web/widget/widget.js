// The entry of the widget: the element `citespan-ask`, and a bubble for each script with a collection.
//
//   <script type="module" src="https://host/widget.js" data-collection="docs"></script>

import { CitespanAsk } from "./widget/element.js";

export { CitespanAsk };

if (!customElements.get("citespan-ask")) customElements.define("citespan-ask", CitespanAsk);

/** Put a bubble on the page for a script that names a collection, or a panel in its place. @param {HTMLScriptElement} script */
function embed(script) {
  const made = document.createElement("citespan-ask");
  for (const [name, value] of Object.entries(script.dataset)) made.setAttribute(name, value ?? "");
  if (made.hasAttribute("inline")) script.after(made);
  else document.body.append(made);
}

const own = [...document.querySelectorAll("script[data-collection]")].filter(
  (one) => one instanceof HTMLScriptElement && one.src === import.meta.url && !one.dataset.placed,
);
for (const script of /** @type {HTMLScriptElement[]} */ (own)) {
  embed(script);
  script.dataset.placed = "";
}
