"""How an OpenAI-compatible server may fail, or be unlike others, by name."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from scripted_reply import SECRET, Reply

TEXT = "The first sentence [1]. The second one [2]."
FOREVER_S = 3600

Behaviour: TypeAlias = Callable[[Reply], Awaitable[None]]


async def _fine(reply: Reply) -> None:
    await reply.start()
    await reply.say(TEXT)
    await reply.finish()


async def _hang_before_headers(reply: Reply) -> None:
    await asyncio.sleep(FOREVER_S)


async def _hang_after_headers(reply: Reply) -> None:
    await reply.start()
    await asyncio.sleep(FOREVER_S)


async def _hang_mid_stream(reply: Reply) -> None:
    await reply.start()
    await reply.say(TEXT[:30])
    await asyncio.sleep(FOREVER_S)


async def _hang_after_finish(reply: Reply) -> None:
    await reply.start()
    await reply.say(TEXT)
    await reply.chunk({}, "stop")
    await asyncio.sleep(FOREVER_S)


async def _slow_drip(reply: Reply) -> None:
    await reply.start()
    while True:
        await reply.say("la ")
        await asyncio.sleep(0.1)


async def _pings(reply: Reply) -> None:
    """Nothing but comments, which keep a connection alive and say nothing."""
    await reply.start()
    while True:
        await reply.part(b": ping\n\n")
        await asyncio.sleep(0.1)


async def _reset_at_once(reply: Reply) -> None:
    reply.reset()


async def _reset_once(reply: Reply) -> None:
    if reply.again:
        await _fine(reply)
    else:
        reply.reset()


async def _cut(reply: Reply) -> None:
    await reply.start()
    await reply.say(TEXT[:30])
    await asyncio.sleep(0.05)  # so that what was said arrives first
    reply.reset()


async def _hang_up(reply: Reply) -> None:
    await reply.start()
    await reply.say(TEXT[:30])
    reply.hang_up()


async def _ends_without_finish(reply: Reply) -> None:
    await reply.start()
    await reply.say(TEXT[:30])
    await reply.done()


async def _without_done(reply: Reply) -> None:
    await reply.start()
    await reply.say(TEXT)
    await reply.chunk({}, "stop")
    await reply.end()


async def _cut_after_finish(reply: Reply) -> None:
    await reply.start()
    await reply.say(TEXT)
    await reply.chunk({}, "stop")
    await asyncio.sleep(0.05)
    reply.reset()


async def _refuse(reply: Reply, status: int, **more: str) -> None:
    await reply.refuse(status, **more)


async def _refuse_once(reply: Reply, status: int, **more: str) -> None:
    await (_fine(reply) if reply.again else reply.refuse(status, **more))


async def _redirect(reply: Reply) -> None:
    port = reply.asked.headers["host"].rpartition(":")[2]
    await reply.whole(307, b"", Location=f"http://localhost:{port}/elsewhere")


async def _body(
    reply: Reply, body: bytes, kind: str = "text/event-stream", status: int = 200
) -> None:
    await reply.whole(status, body, kind)


async def _wrong_type(reply: Reply) -> None:
    await reply.start(kind="text/html")
    await reply.say(TEXT)
    await reply.finish()


async def _chunks(reply: Reply, deltas: tuple[object, ...], finish: str = "stop") -> None:
    await reply.start()
    for delta in deltas:
        await reply.chunk(delta)
    await reply.finish(finish)


async def _wrong_json(reply: Reply, text: str) -> None:
    await reply.start()
    await reply.say(TEXT[:30])
    await reply.event(text)
    await reply.finish()


async def _not_utf8(reply: Reply) -> None:
    await reply.start()
    await reply.part(b'data: {"choices":[{"index":0,"delta":{"content":"\xff\xfe"}}]}\n\n')
    await reply.finish()


async def _huge_line(reply: Reply) -> None:
    await reply.start()
    await reply.part(b"data: ")
    while True:
        await reply.part(b" " * 1_000_000)


async def _endless(reply: Reply) -> None:
    await reply.start()
    while True:
        await reply.say("and so on ", size=10)


async def _gzip_bomb(reply: Reply) -> None:
    await reply.whole(200, gzip.compress(b" " * 50_000_000), Content_Encoding="gzip")


async def _huge_error(reply: Reply) -> None:
    await reply.start(400, "application/json")
    while True:
        await reply.part(b" " * 1_000_000)


async def _hanging_error(reply: Reply) -> None:
    await reply.start(400, "application/json")
    await asyncio.sleep(FOREVER_S)


async def _error_event(reply: Reply) -> None:
    await reply.start()
    await reply.say(TEXT[:30])
    await reply.event({"error": {"message": f"out of memory, {SECRET}", "code": 500}})
    await reply.end()


async def _usage(reply: Reply, usage: object) -> None:
    await reply.start()
    await reply.say(TEXT)
    await reply.finish(usage=usage)


async def _usage_always(reply: Reply) -> None:
    """Each chunk counts what there is so far, as vLLM does on request."""
    await reply.start()
    for number, word in enumerate(TEXT.split(" "), 1):
        counts = {"prompt_tokens": 11, "completion_tokens": number - 1, "total_tokens": 0}
        await reply.chunk({"content": word if number == 1 else f" {word}"}, usage=counts)
    await reply.finish()


async def _surrogates(reply: Reply) -> None:
    await reply.start()
    await reply.event(r'{"choices":[{"index":0,"delta":{"content":"a\ud83d\ude00b\ud800c"}}]}')
    await reply.finish()


async def _particular(reply: Reply) -> None:
    """As OpenAI's newer models: other parameters, or none."""
    body = reply.asked.body
    for param in ("max_tokens", "temperature"):
        if param in body:
            await reply.refuse(400, param)
            return
    await _fine(reply)


_TOOL = {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "rm", "arguments": "{}"}}]}

TRANSPORT: dict[str, Behaviour] = {
    "fine": _fine,
    "hang_before_headers": _hang_before_headers,
    "hang_after_headers": _hang_after_headers,
    "hang_mid_stream": _hang_mid_stream,
    "hang_after_finish": _hang_after_finish,
    "slow_drip": _slow_drip,
    "pings": _pings,
    "reset_at_once": _reset_at_once,
    "reset_once": _reset_once,
    "cut": _cut,
    "hang_up": _hang_up,
    "ends_without_finish": _ends_without_finish,
    "without_done": _without_done,
    "cut_after_finish": _cut_after_finish,
    **{f"status_{n}": partial(_refuse, status=n) for n in (400, 401, 403, 404, 429, 500, 503, 504)},
    "status_429_once": partial(_refuse_once, status=429),
    "status_429_wait_once": partial(_refuse_once, status=429, Retry_After="0.4"),
    "status_429_wait_an_hour": partial(_refuse, status=429, Retry_After="3600"),
    "status_429_wait_nonsense": partial(_refuse_once, status=429, Retry_After="soon"),
    "status_500_once": partial(_refuse_once, status=500),
    "status_502_page": partial(_body, body=b"<html>", kind="text/html", status=502),
    "redirect": _redirect,
    "html_page": partial(_body, body=b"<html><body>Log in</body></html>", kind="text/html"),
    "empty_body": partial(_body, body=b""),
    "not_streamed": partial(_body, body=b'{"choices":[{"message":{"content":"Hello"}}]}'),
    "wrong_type": _wrong_type,
    "wrong_json": partial(_wrong_json, text='{"choices": [{"del'),
    "wrong_shape": partial(_wrong_json, text='{"choices": "many"}'),
    "not_an_object": partial(_wrong_json, text="[1, 2]"),
    "deep_json": partial(_wrong_json, text="[" * 100_000),
    "empty_choices": partial(_wrong_json, text='{"choices": []}'),
    "only_empty_choices": partial(_body, body=b'data: {"choices": []}\n\ndata: [DONE]\n\n'),
    "null_content": partial(_chunks, deltas=({"role": "assistant", "content": None},)),
    "role_only": partial(_chunks, deltas=({"role": "assistant"},)),
    "no_text": partial(_chunks, deltas=()),
    "refusal": partial(_chunks, deltas=({"refusal": "I cannot help with that."},)),
    "content_filter": partial(_chunks, deltas=({"content": TEXT[:30]},), finish="content_filter"),
    "length": partial(_chunks, deltas=({"content": TEXT[:30]},), finish="length"),
    "unknown_finish": partial(_chunks, deltas=({"content": TEXT},), finish="eos"),
    "tool_call": partial(_chunks, deltas=(_TOOL,), finish="tool_calls"),
    "not_utf8": _not_utf8,
    "surrogates": _surrogates,
    "huge_line": _huge_line,
    "endless": _endless,
    "gzip_bomb": _gzip_bomb,
    "huge_error": _huge_error,
    "hanging_error": _hanging_error,
    "error_event": _error_event,
    "no_usage": partial(_usage, usage=None),
    "wrong_usage": partial(_usage, usage={"prompt_tokens": "eleven"}),
    "usage_always": _usage_always,
    "particular": _particular,
}
