"""A chatbot whose every sentence has a source.

pip install openai; citespan serve; python examples/chatbot.py [http://127.0.0.1:8000]
If the server asks for keys, API_KEY in the environment is one.
"""

import os
import sys

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
client = OpenAI(base_url=f"{address}/v1", api_key=os.environ.get("API_KEY", "none"))
messages: list[ChatCompletionMessageParam] = []
for line in filter(str.strip, sys.stdin):
    messages.append({"role": "user", "content": line.strip()})
    answer = ""
    with client.chat.completions.create(
        model="citespan/default", messages=messages, stream=True
    ) as chunks:
        for chunk in chunks:
            delta = chunk.choices[0].delta
            print(delta.content or "", end="", flush=True)
            answer += delta.content or ""
            if cited := (chunk.model_extra or {}).get("citespan"):  # the last: all that is known
                for source in cited["citations"]:
                    print(f"\n  {source['document']['title']}: “{source['quote']}”", end="")
    print()
    messages.append({"role": "assistant", "content": answer})
