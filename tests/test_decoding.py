"""JSON and MessagePack are decoded on any thread, from the first time on."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# Each round has Structs that nothing has met; a switch of threads after each step finds the moment
# in which msgspec has learned half of them. Without the lock some twenty rounds are enough.
_RACE = """
import sys, threading
import msgspec
from citespan.decoding import converted, from_json, from_msgpack

sys.setswitchinterval(1e-6)
for number in range(300):
    inner = msgspec.defstruct(f"Inner{number}", [("a", int), ("b", list[int])])
    outer = msgspec.defstruct(f"Outer{number}", [(f"f{at}", list[inner]) for at in range(8)])
    value = {f"f{at}": [{"a": at, "b": [at]}] for at in range(8)}
    packed, text = msgspec.msgpack.encode(value), msgspec.json.encode(value)
    ways = [lambda: from_msgpack(packed, outer), lambda: from_json(text, outer)]
    ways += [lambda: converted(value, outer), lambda: from_json(text, outer)]
    start, found = threading.Barrier(len(ways)), []
    def run(way):
        start.wait()
        found.append(way())
    threads = [threading.Thread(target=run, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(ways) and all(one == found[0] for one in found), number
"""


def test_a_type_that_threads_meet_at_once_is_decoded() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _RACE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_a_server_decodes_is_decoded_so() -> None:
    """`msgspec` itself decodes only into plain types, which it need not learn."""
    rooms = ("index", "qa", "api", "evals/runs", "evals/review", "evals/compare", "evals/datasets")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    files += [file for file in (ROOT / "citespan").glob("*.py") if file.name != "decoding.py"]
    for file in files:
        for call in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(call, ast.Call):
                name = ast.unparse(call.func)
                typed = any(one.arg == "type" for one in call.keywords)
                assert not (name.startswith("msgspec") and name.endswith(".decode") and typed), file
                assert name not in {"msgspec.convert"}, file
                assert not (name.startswith("msgspec") and name.endswith("Decoder")), file
