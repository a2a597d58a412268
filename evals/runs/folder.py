"""The folder of a run: its answers while it is in progress, and its results at the end.

run.json            how it was made: versions, hashes, settings, machine, timings
metrics.json        every measure of every system; the same run gives the same bytes
curves.json         points of the plots
per_question.jsonl  each question with its response and its measures
run.trec            the ranked documents, for other tools
junit.xml           a test case for each question
report.html         all of it for people
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from citespan.decoding import from_json
from citespan.evals.errors import RunError
from citespan.evals.metrics.ranking import ranked_documents
from citespan.evals.report import render_html, render_junit
from citespan.evals.results import Run
from citespan.evals.runs.records import METRICS, RunMetrics
from citespan.evals.types import Response

_IDENTITY = "unfinished.json"
_RESPONSES = "responses.jsonl"


class RunFolder:
    """A run in progress; `finish` it, and `close` it in any case."""

    def __init__(self, path: Path, log: IO[bytes]) -> None:
        self.path = path
        self.index = path / "index"
        self._log = log

    @classmethod
    def open(cls, path: Path, identity: bytes) -> Self:
        """Open a new folder, or that of the same run, which was stopped.

        Raises:
            RunError: it holds a finished run, another one, or something else.
        """
        mark = path / _IDENTITY
        if (path / METRICS).exists():
            raise RunError(f"{path} holds a finished run; name another folder")
        if mark.exists():
            if mark.read_bytes() != identity:
                raise RunError(
                    f"{path} holds an unfinished run of other questions or settings;"
                    " name another folder, or delete it"
                )
        elif path.exists() and any(path.iterdir()):
            raise RunError(f"{path} is not empty and holds no run; name another folder")
        else:
            path.mkdir(parents=True, exist_ok=True)
            mark.write_bytes(identity)
        _drop_torn_line(path / _RESPONSES)
        return cls(path, (path / _RESPONSES).open("ab"))

    def responses(self) -> Iterator[Response]:
        """Yield the answers from before the run was stopped; failed questions are asked again.

        Raises:
            RunError: a line was damaged since.
        """
        file = self.path / _RESPONSES
        for number, line in enumerate(file.read_bytes().splitlines(), start=1):
            try:
                response = from_json(line, Response)
            except (ValueError, RecursionError) as error:
                problem = f"{error}; remove that line, and its question is asked again"
                raise RunError(f"{file}, line {number}: {problem}") from error
            if response.error is None:
                yield response

    def keep(self, response: Response) -> None:
        """Store an answer, so that a stopped run does not lose it."""
        self._log.write(msgspec.json.encode(response) + b"\n")
        self._log.flush()

    def finish(self, run: Run) -> None:
        """Write the files of a run; `metrics.json`, which marks it as complete, comes last."""
        self._log.close()
        _write(self.path / "run.json", _pretty(run.info))
        curves = {name: scores.curves for name, scores in run.scores.items()}
        _write(self.path / "curves.json", _pretty({"systems": curves}))
        lines = [msgspec.json.encode(row, order="sorted") + b"\n" for row in _questions(run)]
        _write(self.path / "per_question.jsonl", b"".join(lines))
        _write(self.path / "run.trec", "".join(_trec(run)).encode())
        _write(self.path / "junit.xml", render_junit(run).encode())
        _write(self.path / "report.html", render_html(run).encode())
        _write(self.path / METRICS, _pretty(RunMetrics.of(run)))
        shutil.rmtree(self.index)
        (self.path / _RESPONSES).unlink()
        (self.path / _IDENTITY).unlink()

    def close(self) -> None:
        """Stop storing answers."""
        self._log.close()


def _drop_torn_line(log: Path) -> None:
    """Drop the half line that a process killed while writing leaves at the end."""
    if log.exists():
        kept = log.read_bytes()
        log.write_bytes(kept[: kept.rfind(b"\n") + 1])


def _questions(run: Run) -> Iterator[dict[str, Any]]:
    scored = run.scores[run.info.subject].questions
    for question, row in zip(run.dataset.questions, scored, strict=True):
        yield {
            "question_id": question.id,
            "question": question.text,
            "answerable": question.answerable,
            "topic": question.topic,
            "cluster": question.cluster,
            "outcome": row.outcome,
            "error": row.error,
            "values": row.values,
            "problems": row.problems,
            "response": run.responses.get(question.id),
        }


def _trec(run: Run) -> Iterator[str]:
    """Yield ranked documents; scores are 1 / rank, so that every reader keeps the order."""
    for question in run.dataset.questions:
        response = run.responses.get(question.id)
        if response is None:
            continue
        for rank, name in enumerate(ranked_documents(response.passages), start=1):
            words = (question.id, "Q0", name, str(rank), f"{1 / rank:.6f}", run.info.subject)
            yield " ".join("_".join(word.split()) for word in words) + "\n"


def _pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"


def _write(file: Path, content: bytes) -> None:
    part = file.with_name(file.name + ".part")
    part.write_bytes(content)
    part.replace(file)
