"""Plots as inline SVG, by hand: axes, lines and bars, coloured by the page's style sheet. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from citespan.evals.report.tables import milliseconds
from citespan.evals.report.text import clipped, visible
from citespan.evals.results import Bin, Estimate, Percentiles

_WIDTH, _HEIGHT = 440, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 22, 16, 44
_BAR = 13
_LINE = 12  # from one line of text to the next
_DESCRIBED_POINTS = 8  # points of a line in its description

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis from 0 to `top`, with its ticks."""

    label: str
    top: float
    show: Callable[[float], str]

    def ticks(self) -> list[float]:
        """Return four to eight round values."""
        step = 10 ** floor(log10(self.top))
        step = next(
            s for s in (step / 5, step / 2, step, step * 2) if self.top / s <= 8
        )  # more labels would overlap
        return [step * n for n in range(floor(self.top / step + 1e-9) + 1)]


def risk_coverage(series: Mapping[str, Points]) -> Markup:
    """Draw the share of wrong answers when only the surest answers are given."""
    x = Axis(label="coverage (share of questions answered)", top=1, show=_share)
    worst = max((y for points in series.values() for _, y in points), default=1)
    y = Axis(label="risk (share of those that is wrong)", top=_up(worst), show=_share)
    return _lines("risk-coverage", "Risk against coverage", x, y, series)


def span_recall(series: Mapping[str, Points]) -> Markup:
    """Draw the share of the gold read after a number of characters."""
    most = max((x for points in series.values() for x, _ in points), default=1)
    x = Axis(label="characters read, best passages first", top=most, show=lambda v: f"{v:,.0f}")
    y = Axis(label="span recall", top=1, show=_share)
    return _lines("span-recall", "Span recall against characters", x, y, series)


def reliability(bins: Sequence[Bin]) -> Markup:
    """Draw stated confidence against the share that is right, with the number in each bin."""
    x = Axis(label="stated confidence", top=1, show=_share)
    y = Axis(label="share that is right", top=1, show=_share)
    description = "; ".join(
        f"confidence {b.low:.2f} to {b.high:.2f}: {b.accuracy:.2f} right, n {b.n}" for b in bins
    )
    svg = _figure("reliability", "Reliability diagram", description, _HEIGHT)
    _draw_axes(svg, x, y)
    for b in bins:
        left, right, top = _x(b.low, x), _x(b.high, x), _y(b.accuracy, y)
        sizes = {"width": right - left - 1, "height": _y(0, y) - top}
        _add(svg, "rect", "bar", x=left + 0.5, y=top, **sizes)
    _add(svg, "line", "diagonal", x1=_x(0, x), y1=_y(0, y), x2=_x(1, x), y2=_y(1, y))
    for b in bins:
        _add(svg, "circle", "dot", cx=_x(b.confidence, x), cy=_y(b.accuracy, y), r=3)
        above = max(_TOP + 12, _y(b.accuracy, y) - 7)
        _text(svg, (_x(b.low, x) + _x(b.high, x)) / 2, above, f"{b.n:,}", "count middle")
    return _markup(svg)


def latency(stages: Mapping[str, Percentiles]) -> Markup:
    """Draw three bars for each stage."""
    rows = len(stages) * (3 * _BAR + 12)
    top = max((p.p99 for p in stages.values()), default=1) or 1
    x = Axis(label="milliseconds", top=top * 1.25, show=lambda v: f"{v:,g}")
    description = "; ".join(
        f"{name}: " + ", ".join(f"{label} {milliseconds(value)} ms" for label, value in _bars(p))
        for name, p in stages.items()
    )
    svg = _figure("latency", "Latency by stage", description, _TOP + rows + _BOTTOM)
    _draw_x_axis(svg, x, bottom=_TOP + rows)
    for row, (name, p) in enumerate(stages.items()):
        at = _TOP + row * (3 * _BAR + 12)
        _text(svg, _LEFT - 6, at + 2 * _BAR, clipped(name, 10), "tick end")
        for bar, (label, value) in enumerate(_bars(p)):
            y, width = at + 4 + bar * _BAR, _x(value, x) - _LEFT
            _add(svg, "rect", f"bar {label}", x=_LEFT, y=y, width=width, height=_BAR - 2)
            _text(svg, _LEFT + width + 4, y + _BAR - 4, f"{label} {milliseconds(value)}", "count")
    return _markup(svg)


def _bars(stage: Percentiles) -> tuple[tuple[str, float], ...]:
    return ("p50", stage.p50), ("p95", stage.p95), ("p99", stage.p99)


def interval_bar(estimate: Estimate) -> Markup:
    """Draw a value and its interval on a line from 0 to 1, if they fit, without the figures."""
    if estimate.value is None or max(estimate.value, estimate.high or 0) > 1:
        return Markup("")
    svg = Element("svg", {"class": "interval", "viewBox": "0 0 100 12", "aria-hidden": "true"})
    _add(svg, "line", "rail", x1=5, y1=6, x2=95, y2=6)
    if estimate.low is not None and estimate.high is not None:
        _add(svg, "line", "range", x1=5 + 90 * estimate.low, y1=6, x2=5 + 90 * estimate.high, y2=6)
    _add(svg, "circle", "dot", cx=5 + 90 * estimate.value, cy=6, r=4)
    return _markup(svg)


def _lines(name: str, title: str, x: Axis, y: Axis, series: Mapping[str, Points]) -> Markup:
    description = ". ".join(
        f"{label}: {_description(points, x, y)}" for label, points in series.items()
    )
    svg = _figure(name, title, description, _HEIGHT)
    _draw_axes(svg, x, y)
    for n, points in reversed(list(enumerate(series.values()))):  # the subject over the others
        path = " ".join(f"{_x(a, x):.1f},{_y(b, y):.1f}" for a, b in points)
        SubElement(svg, "polyline", {"class": f"line s{n}", "points": path})
    _draw_points(svg, x, y, series)
    return _markup(svg)


def _draw_points(svg: Element, x: Axis, y: Axis, series: Mapping[str, Points]) -> None:
    """Draw systems with a single point, which no line shows, with names that do not overlap."""
    single = [(n, name, p[0]) for n, (name, p) in enumerate(series.items()) if len(p) == 1]
    for n, _, (a, b) in single:
        _add(svg, "circle", f"point f{n}", cx=_x(a, x), cy=_y(b, y), r=4)
    at = _HEIGHT - _BOTTOM + 8.0
    for _, name, (a, b) in sorted(single, key=lambda it: it[2][1]):
        at = min(_y(b, y) + 4, at - _LINE)
        label_at = (_x(a, x) - 8, "end") if a > 0.5 * x.top else (_x(a, x) + 8, "start")
        _text(svg, label_at[0], at, clipped(name, 24), f"name {label_at[1]}")


def _description(points: Points, x: Axis, y: Axis) -> str:
    step = max(1, len(points) // _DESCRIBED_POINTS)
    return ", ".join(f"{y.show(b)} at {x.show(a)}" for a, b in points[::step])


def _figure(name: str, title: str, description: str, height: int) -> Element:
    attributes = {
        "class": "plot",
        "viewBox": f"0 0 {_WIDTH} {height}",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
    }
    svg = Element("svg", attributes)
    SubElement(svg, "title", {"id": f"{name}-title"}).text = title
    SubElement(svg, "desc", {"id": f"{name}-desc"}).text = visible(description)
    return svg


def _draw_axes(svg: Element, x: Axis, y: Axis) -> None:
    _draw_x_axis(svg, x, bottom=_HEIGHT - _BOTTOM)
    for tick in y.ticks():
        at = _y(tick, y)
        _add(svg, "line", "grid", x1=_LEFT, y1=at, x2=_WIDTH - _RIGHT, y2=at)
        _text(svg, _LEFT - 6, at + 4, y.show(tick), "tick end")
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    label = _text(svg, 14, middle, y.label, "label middle")
    label.set("transform", f"rotate(-90 14 {middle:g})")


def _draw_x_axis(svg: Element, x: Axis, *, bottom: float) -> None:
    for tick in x.ticks():
        at = _x(tick, x)
        _add(svg, "line", "grid", x1=at, y1=_TOP, x2=at, y2=bottom)
        _text(svg, at, bottom + 16, x.show(tick), "tick middle")
    _add(svg, "line", "axis", x1=_LEFT, y1=bottom, x2=_WIDTH - _RIGHT, y2=bottom)
    _text(svg, (_LEFT + _WIDTH - _RIGHT) / 2, bottom + 36, x.label, "label middle")


def _x(value: float, axis: Axis) -> float:
    return _LEFT + value / axis.top * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, axis: Axis) -> float:
    return _HEIGHT - _BOTTOM - value / axis.top * (_HEIGHT - _TOP - _BOTTOM)


def _add(parent: Element, tag: str, kind: str, **numbers: float) -> Element:
    attributes = {name: f"{round(value, 2):g}" for name, value in numbers.items()}
    return SubElement(parent, tag, {"class": kind, **attributes})


def _text(parent: Element, x: float, y: float, text: str, kind: str) -> Element:
    element = _add(parent, "text", kind, x=x, y=y)
    element.text = visible(text)
    return element


def _up(value: float) -> float:
    """Return the next tenth, at least one."""
    return max(0.1, -(-round(value * 10, 6) // 1) / 10)


def _share(value: float) -> str:
    return f"{value:.2g}"


def _markup(svg: Element) -> Markup:
    return Markup(tostring(svg, encoding="unicode"))  # noqa: S704  (the serialiser has escaped it)
