// What the Vercel AI SDK makes of an answer: node ai.mjs ADDRESS QUESTION
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, streamText } from "ai";

const [address, prompt] = process.argv.slice(2);
const at = { baseURL: `${address}/v1`, apiKey: process.env.API_KEY };
const providers = {
  compatible: createOpenAICompatible({ ...at, name: "citespan", includeUsage: true }).chatModel,
  openai: createOpenAI(at).chat,
};
const urls = (sources) => sources.map((source) => source.url);

const told = {};
for (const [name, provider] of Object.entries(providers)) {
  const asked = { model: provider("citespan/default"), prompt, maxRetries: 0 };
  const whole = await generateText({ ...asked, include: { responseBody: true } });

  const stream = streamText({ ...asked, includeRawChunks: true });
  const streamed = { text: "", sources: [] };
  for await (const part of stream.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") streamed.text += part.text;
    if (part.type === "source") streamed.sources.push(part.url);
    if (part.type === "finish") streamed.finishReason = part.finishReason;
    if (part.type === "raw") streamed.citespan ??= part.rawValue.citespan;
  }

  let failed;
  try {
    await generateText({ ...asked, model: provider("gpt-4o") });
  } catch (error) {
    failed = APICallError.isInstance(error) && { status: error.statusCode, message: error.message };
  }
  told[name] = {
    whole: {
      text: whole.text,
      sources: urls(whole.sources),
      finishReason: whole.finishReason,
      citespan: whole.response.body?.citespan,
    },
    streamed,
    failed,
  };
}
console.log(JSON.stringify(told));
