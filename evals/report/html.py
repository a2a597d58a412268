"""A run as one page of HTML: it needs no network, no other file, and no JavaScript to be read."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from evals.measures import MEASURES
from evals.report import plots, tables
from evals.report.faults import Fault, fault
from evals.report.glossary import EXPLANATIONS
from evals.report.pages import SORTED_BY, pages
from evals.report.text import visible
from evals.results import Outcome, Run, Scores

_MOST_POINTS = 240  # of a line; more are not to be told apart in the plot
_MOST_LISTED = 100  # failed questions and untrue pointers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """A plot with its legend; `same` are systems whose line is the subject's."""

    title: str
    svg: Markup
    note: str
    legend: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


def render_html(run: Run) -> str:
    """The whole page; the same run gives the same page."""
    subject = next(iter(run.scores.values()))
    faults = [
        fault(question, score)
        for question, score in zip(run.dataset.questions, subject.questions, strict=True)
    ]
    skipped = [score.outcome for score in subject.questions].count(Outcome.SKIPPED)
    style, script = _read("report.css"), _read("report.js")
    shown = pages(run)
    return _template().render(
        run=run,
        subject=subject,
        style=Markup(style),  # noqa: S704  (a file of this package)
        script=Markup(script),  # noqa: S704  (a file of this package)
        policy=_policy(style, script),
        headline=tables.headline(run),
        groups=tables.groups(run),
        plots=_plots(run, subject),
        pages=shown,
        left_out=len(faults) - len(shown),
        anchors={page.question.id: page.anchor for page in shown},
        fault_counts={kind: faults.count(kind) for kind in Fault},
        fine=faults.count(None) - skipped,
        skipped=skipped,
        untrue=[row for row in subject.questions if row.problems],
        failed=[row for row in subject.questions if row.outcome is Outcome.FAILED],
        sorted_by=_sorted_by(subject),
        interval_bar=plots.interval_bar,
        explanations=EXPLANATIONS,
        most_listed=_MOST_LISTED,
    )


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
    environment.filters.update(number=tables.number, interval=tables.interval)
    return environment.from_string(_read("report.html.j2"))


def _finalize(value: object) -> object:
    """All that the template puts out goes through here, so that no data can be forgotten."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


@cache
def _read(name: str) -> str:
    return (files("evals.report") / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded or run but what this page brings along."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _sorted_by(subject: Scores) -> dict[str, str]:
    """Titles of what the list can be sorted by: measures that some question has a value of."""
    titles = {measure.name: measure.title for measure in MEASURES}
    return {
        key: titles[name]
        for key, name in SORTED_BY.items()
        if any(score.values.get(name) is not None for score in subject.questions)
    }


def _plots(run: Run, subject: Scores) -> list[_Plot]:
    """Those that there is something to draw for."""
    found: list[_Plot] = []
    risk, same = _series({name: s.curves.risk_coverage for name, s in run.scores.items()})
    if risk:
        note = "Lower is better: of the surest answers, how many are wrong."
        svg = plots.risk_coverage(risk)
        found.append(_Plot(title="Risk and coverage", svg=svg, note=note, **_keys(risk, same)))
    if bins := subject.curves.reliability:
        note = "Bars on the dashed line mean that confidence can be taken at its word. "
        note += "In each bar: how many questions."
        found.append(_Plot(title="Reliability", svg=plots.reliability(bins), note=note))
    recall, same = _series({name: s.curves.span_recall for name, s in run.scores.items()})
    if recall:
        note = "How much of the gold has been read after so many retrieved characters."
        svg = plots.span_recall(recall)
        found.append(_Plot(title="Span recall", svg=svg, note=note, **_keys(recall, same)))
    if run.info.latency_ms:
        note = "Half, 95 % and 99 % of the questions take no longer."
        svg = plots.latency(run.info.latency_ms)
        found.append(_Plot(title="Latency by stage", svg=svg, note=note))
    return found


def _keys(series: Mapping[str, plots.Points], same: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {"legend": tuple(series), "same": same}


def _series(
    curves: Mapping[str, tuple[tuple[float, float], ...]],
) -> tuple[dict[str, plots.Points], tuple[str, ...]]:
    """The lines to draw, thinned, and the systems that have the subject's own line."""
    subject, *_ = curves.values()
    same = tuple(name for name, points in list(curves.items())[1:] if points == subject)
    drawn = {n: _thinned(p) for n, p in curves.items() if p and n not in same}
    return drawn, same if subject else ()


def _thinned(points: tuple[tuple[float, float], ...]) -> plots.Points:
    if len(points) <= _MOST_POINTS:
        return points
    last = len(points) - 1
    return [points[round(n * last / (_MOST_POINTS - 1))] for n in range(_MOST_POINTS)]
