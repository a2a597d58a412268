"""A run as one page of HTML, readable without network, other files or JavaScript."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from citespan.evals.report import glossary, plots, tables
from citespan.evals.report.faults import MEANINGS, fault_of
from citespan.evals.report.figures import figures
from citespan.evals.report.pages import FINE, QuestionEntry, Room, entries
from citespan.evals.report.text import cut, visible
from citespan.evals.results import QuestionOutcome, QuestionScore, Run

_MOST_LISTED = 50  # answers, citations and the like, of one question


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A filter of the list: `count` questions are of it, `listed` of them in the list.

    first: position of the first of these.
    """

    name: str
    meaning: str
    is_fault: bool
    count: int
    listed: int
    first: int | None


def render_html(run: Run, room: Room | None = None) -> str:
    """Return the whole page; the same run gives the same page."""
    style, script = _read("report.css"), _read("report.js")
    listed = entries(run, room or Room())
    subject = run.scores[run.info.subject]
    outcomes = Counter(row.outcome for row in subject.questions)
    return _template().render(
        run=run,
        subject=subject,
        date=f"{datetime.fromisoformat(run.info.created_at):%-d %B %Y, %H:%M %Z}".strip(),
        style=Markup(style),  # noqa: S704  (a file of this package)
        script=Markup(script),  # noqa: S704  (a file of this package)
        policy=_policy(style, script),
        headline=tables.headline(run),
        groups=tables.groups(run),
        plots=figures(run),
        entries=listed,
        unlisted=len(subject.questions) - outcomes[QuestionOutcome.SKIPPED] - len(listed),
        skipped=outcomes[QuestionOutcome.SKIPPED],
        kinds=_kinds(subject.questions, listed),
        details=Counter(entry.page.detail.name if entry.page else "none" for entry in listed),
        interval_bar=plots.interval_bar,
        explanations=glossary.MEASURES,
        references={name: glossary.REFERENCES.get(name, "") for name in run.scores},
        most=_MOST_LISTED,
    )


def _kinds(rows: Iterable[QuestionScore], listed: Sequence[QuestionEntry]) -> list[_Kind]:
    """Return each kind of fault, the worst first, and then the questions without a known fault."""
    counts = Counter(fault_of(row) for row in rows if row.outcome is not QuestionOutcome.SKIPPED)
    meanings = {**MEANINGS, None: "Nothing is known to be wrong."}
    there = {fault: [entry for entry in listed if entry.fault is fault] for fault in meanings}
    return [
        _Kind(
            name=fault or FINE,
            meaning=meaning,
            is_fault=fault is not None,
            count=counts[fault],
            listed=len(there[fault]),
            first=there[fault][0].position if there[fault] else None,
        )
        for fault, meaning in meanings.items()
    ]


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = {
        "number": tables.number,
        "interval": tables.interval,
        "milliseconds": tables.milliseconds,
        "cut": cut,
        "count": "{:,}".format,
    }
    environment.filters.update(filters)
    return environment.from_string(_read("report.html.j2"))


def _finalize(value: object) -> object:
    """Return a value fit to show; the template passes all its output here, so none is missed."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


@cache
def _read(name: str) -> str:
    return (files("citespan.evals.report") / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Return the policy that lets only this page's own style and script load or run."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
