"""The plots of a run, each with its title, a note, and its legend. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from citespan.evals.report import plots
from citespan.evals.results import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot; legend: colours by system; `same` are systems whose line is the subject's."""

    title: str
    svg: Markup
    note: str
    legend: Mapping[str, int]
    same: tuple[str, ...] = ()


def figures(run: Run) -> list[Plot]:
    """Return the plots that there is data for."""
    found: list[Plot] = []
    curves = run.scores[run.info.subject].curves
    risk = {name: scores.curves.risk_coverage for name, scores in run.scores.items()}
    note = (
        "If only the surest answers are given: how many of them are wrong. Lower is better. "
        "A system that states no confidence is a point."
    )
    found += _series_plot("Risk and coverage", note, risk, run.info.subject, plots.risk_coverage)
    if curves.reliability:
        note = (
            "Dots on the dashed line mean that confidence can be taken at its word; below it, "
            "the system is too sure. Numbers: how many questions."
        )
        svg = plots.reliability(curves.reliability)
        found.append(Plot(title="Reliability", svg=svg, note=note, legend={}))
    recall = {name: scores.curves.span_recall for name, scores in run.scores.items()}
    note = "Share of the gold read, by the number of retrieved characters. Higher is better."
    found += _series_plot(
        "Span recall against characters", note, recall, run.info.subject, plots.span_recall
    )
    if run.info.latency_ms:
        note = "Half (p50), 95 % and 99 % of the questions take no longer."
        svg = plots.latency(run.info.latency_ms)
        found.append(Plot(title="Latency by stage", svg=svg, note=note, legend={}))
    return found


def _series_plot(
    title: str,
    note: str,
    curves: Mapping[str, tuple[tuple[float, float], ...]],
    subject: str,
    draw: Callable[[Mapping[str, plots.Points]], Markup],
) -> list[Plot]:
    """Return a plot of lines; systems that have the subject's own line are only named."""
    mine = curves[subject]
    same = tuple(name for name, points in curves.items() if points == mine and name != subject)
    names = [subject, *(name for name in curves if name != subject and name not in same)]
    drawn = {name: curves[name] for name in names if curves[name]}
    if not drawn:
        return []
    legend = {name: n for n, (name, points) in enumerate(drawn.items()) if len(points) > 1}
    return [Plot(title=title, svg=draw(drawn), note=note, legend=legend, same=same if mine else ())]
