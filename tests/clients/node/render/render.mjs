// What Markdown renderers of chat programs make of messages: node render.mjs < messages.json
import { text as read } from "node:stream/consumers";
import MarkdownIt from "markdown-it";
import { Marked } from "marked";
import rehypeStringify from "rehype-stringify";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";

const linkifying = new MarkdownIt({ html: true, linkify: true, breaks: true });
linkifying.linkify.set({ fuzzyIP: true, fuzzyEmail: true, fuzzyLink: true });
linkifying.linkify.tlds(["example", "zip", "name", "中国"], true);
const marked = new Marked({ gfm: true, breaks: true });
const remark = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(remarkMath)
  .use(remarkRehype, { allowDangerousHtml: true })
  .use(rehypeStringify, { allowDangerousHtml: true });

const renderers = {
  "markdown-it": (text) => linkifying.render(text),
  marked: (text) => marked.parse(text),
  remark: (text) => String(remark.processSync(text)),
};
const messages = JSON.parse(await read(process.stdin));
const shown = Object.entries(renderers).map(([name, render]) => [name, messages.map(render)]);
console.log(JSON.stringify(Object.fromEntries(shown)));
