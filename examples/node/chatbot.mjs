// A chatbot whose every sentence has a source.
// npm install openai; citespan serve; node examples/node/chatbot.mjs [http://127.0.0.1:8000]
// If the server asks for keys, API_KEY in the environment is one.
import { createInterface } from "node:readline";
import OpenAI from "openai";

const address = process.argv[2] ?? "http://127.0.0.1:8000";
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: process.env.API_KEY ?? "none" });
const messages = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  messages.push({ role: "user", content: line });
  const chunks = await client.chat.completions.create({
    model: "citespan/default", messages, stream: true,
  });
  let answer = "";
  for await (const chunk of chunks) {
    const text = chunk.choices[0].delta.content ?? "";
    process.stdout.write(text);
    answer += text;
    for (const { document, quote } of chunk.citespan?.citations ?? [])
      process.stdout.write(`\n  ${document.title}: “${quote}”`);
  }
  process.stdout.write("\n");
  messages.push({ role: "assistant", content: answer });
}
