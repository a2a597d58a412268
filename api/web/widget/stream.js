// The events of `/v1/ask`, as they arrive.

/** @typedef {import("./types").Sent} Sent */

/** A response that is not an answer; `retry` says whether asking again can help. */
export class Refused extends Error {
  /** @param {string} message @param {boolean} retry */
  constructor(message, retry) {
    super(message);
    this.retry = retry;
  }
}

/** A stream that ended before its answer did. */
export class Cut extends Error {}

/**
 * Ask, and yield the events of the answer; the last is `answer.done`.
 * @param {URL} base of the service
 * @param {object} question the body of the request
 * @param {string} key a publishable one, or nothing
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Sent>}
 */
export async function* ask(base, question, key, signal) {
  const response = await fetch(new URL("v1/ask", base), {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ ...question, stream: true }),
    credentials: "omit",
    referrerPolicy: "no-referrer",
    signal,
  });
  if (!response.ok || !response.body) throw await refusal(response);
  let complete = false;
  for await (const sent of events(response.body)) {
    if (sent.event === "error") throw new Refused(sent.data.detail ?? "", true);
    complete ||= sent.event === "answer.done";
    yield sent;
  }
  if (!complete) throw new Cut();
}

/** @param {Response} response */
async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  return new Refused(String(problem.detail ?? ""), response.status === 408 || response.status >= 500);
}

/**
 * Yield the events of a stream.
 * @param {ReadableStream} body
 * @returns {AsyncGenerator<Sent>}
 */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return; // an event without its empty line is not complete
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const sent = parsed(block);
        if (sent) yield sent;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** @param {string} block @returns {Sent | null} */
function parsed(block) {
  const of = (/** @type {string} */ name) =>
    block
      .split(/\r?\n/)
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ""))
      .join("\n");
  const data = of("data");
  return data ? { event: of("event"), data: JSON.parse(data) } : null;
}
