// What the `openai` package makes of an answer: node openai.mjs ADDRESS QUESTION
import OpenAI from "openai";

const [address, question] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: process.env.API_KEY, maxRetries: 0 });
const asked = { model: "citespan/default", messages: [{ role: "user", content: question }] };

const whole = await client.chat.completions.create(asked);
const runner = client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } });
const chunks = [];
runner.on("chunk", (chunk) => chunks.push(chunk));
const folded = await runner.finalChatCompletion();

const failures = {};
const wrong = { missing: { ...asked, model: "gpt-4o" }, impossible: { ...asked, n: 2 } };
for (const [name, body] of Object.entries(wrong)) {
  try {
    await client.chat.completions.create(body);
  } catch (error) {
    const { message, status, code, param } = error;
    failures[name] = { name: error.constructor.name, message, status, code, param };
  }
}
const models = [];
for await (const model of client.models.list()) models.push(model.id);
const model = await client.models.retrieve("citespan/default:extractive");

console.log(JSON.stringify({ whole, chunks, folded, failures, models, model }));
