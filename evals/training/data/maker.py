"""The examples of one part: those of each question, with and without its answer."""

import zlib
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.random import Generator
from rich.progress import track

from citespan.evals.datasets import Part
from citespan.evals.training.config import Config
from citespan.evals.training.data.contexts import elsewhere, removed, renamed, shown_title
from citespan.evals.training.data.layouts import (
    bullets,
    changes,
    headed,
    listed,
    messages,
    next_to,
    steps,
)
from citespan.evals.training.data.negatives import Negatives, Place
from citespan.evals.training.data.neighbours import Neighbours
from citespan.evals.training.data.sampling import REAL, Sampler, first_of, part_of
from citespan.evals.training.data.sources import (
    DEVELOPMENT,
    FOREIGN,
    Asked,
    Library,
    SourceText,
)
from citespan.evals.training.data.swaps import names, swapped
from citespan.evals.training.data.tables import settings_examples, table_examples, table_text
from citespan.evals.training.data.views import Views, answering, holding, lacking
from citespan.evals.training.data.wording import both, keywords, request, yes_no
from citespan.evals.training.examples import Example
from citespan.index.types import Span

_ALONE = {"subjqa", "condaqa", "boolq", "covidqa"}  # neighbouring paragraphs are not of one text
_TABLELESS = {"subjqa", *FOREIGN}
_SEARCHES = {"nq", "selqa"}  # people typed these questions into a search box
_MARKERS = (bullets, steps, messages, changes)
_TABLE_NAMES = 8  # a document with fewer names makes no table


class Maker:
    """A maker of the examples of one part, from only its own documents."""

    def __init__(
        self, library: Library, views: Views, near: Neighbours, config: Config, part: Part
    ) -> None:
        self._data, self._seed, self._views, self._part = config.data, config.seed, views, part
        self._near = near
        inside = [
            document
            for document in library.documents.values()
            if (document.part or part_of(document.group, document.source, config.data)) == part
        ]
        kept = {id(document) for document in inside}
        self._questions = [asked for asked in library.questions if id(asked.document) in kept]
        self._documents = inside
        self._negatives = Negatives(inside)
        self._titles = sorted({document.title for document in inside if document.title})
        self._names: dict[int, list[str]] = {}
        self._neighbours_of: dict[tuple[int, Span], list[Asked]] = {}
        self._twins: dict[str, list[Asked]] = {}
        for asked in self._questions:
            self._neighbours_of.setdefault((id(asked.document), asked.paragraph), []).append(asked)
            if asked.twin:
                self._twins.setdefault(asked.twin, []).append(asked)
        self._sampler = Sampler(
            self._questions, self._twins, self._data, self._seed,
            lambda asked: self._hit("synthetic", self._rng(asked)),
        )  # fmt: skip

    def examples(self) -> Iterator[Example]:
        """Yield all examples of the part, some of them not laid out as plain paragraphs."""
        for example in self._plain():
            rng = np.random.default_rng([self._seed, zlib.crc32(f"layout:{example.id}".encode())])
            english = example.source not in FOREIGN
            yield self._laid_out(example, rng) if english and self._hit("layouts", rng) else example
        if self._part == "train":
            yield from self._again()
        yield from self._made()

    def _laid_out(self, example: Example, rng: Generator) -> Example:
        draw = rng.random()
        if draw < 0.4:
            return listed(example, _MARKERS[int(rng.integers(len(_MARKERS)))]) or example
        if draw < 0.7:
            return headed(example, example.title or example.question.split(" ", 2)[-1].strip("?"))
        near = self._documents[int(rng.integers(len(self._documents)))]
        known = self._names_in(near)
        if len(known) < _TABLE_NAMES:
            return example
        return next_to(example, table_text(known[:4], rng), before=bool(rng.random() < 0.5))

    def _made(self) -> Iterator[Example]:
        """Yield tables and settings with a document's names; `tables` sets how many."""
        for document in self._documents:
            key = zlib.crc32(f"made:{document.source}-{document.group}".encode())
            rng = np.random.default_rng([self._seed, key])
            known = self._names_in(document)
            if document.source in _TABLELESS or len(known) < _TABLE_NAMES:
                continue
            if self._hit("tables", rng):
                yield from table_examples(document, known, rng)
            if self._hit("tables", rng) and rng.random() < 0.5:
                yield from settings_examples(document, rng)

    def _plain(self) -> Iterator[Example]:
        """Yield examples from the sources, in order of the questions."""
        sampled = self._sampler.sampled()
        chosen = {asked.id for asked in sampled}
        for asked in track(sampled, description=f"prepare {self._part}", transient=True):
            rng = self._rng(asked)
            view = self._view(asked, rng)
            positive = self._positive(asked, view, rng)
            if positive is not None:
                yield positive
                yield from self._misleading(asked, positive, view, rng)
                yield from self._against(asked, positive, view, rng)
                if asked.source not in FOREIGN:
                    yield from self._of_another(asked, positive, rng)
            if asked.source not in FOREIGN and self._hit("both", rng):
                yield from self._with_another(asked, view, rng)
        for asked in self._sampler.unanswered(chosen):
            rng = self._rng(asked)
            near = asked.plausible[0] if asked.plausible else asked.paragraph
            view = self._views.paragraph(asked.document, asked.paragraph, near)
            kind = "real" if asked.source in REAL else "synthetic"
            yield self._lacking(asked, (asked.document, view), kind, asked.question, rng)
        yield from self._without_short_answer()

    def _misleading(
        self, asked: Asked, positive: Example, view: Span, rng: Generator
    ) -> Iterator[Example]:
        """Yield the questions that people changed so that the same passage does not answer them."""
        for other in self._twins.get(asked.id, ()):
            made = self._lacking(other, (asked.document, view), "real", other.question, rng)
            # the title must not tell them apart
            yield msgspec.structs.replace(made, title=positive.title, twin=asked.id)

    def _of_another(self, asked: Asked, positive: Example, rng: Generator) -> Iterator[Example]:
        """Yield the passage under another title, about another name, or without its evidence."""
        own = asked.document.title
        if self._hit("elsewhere", rng):
            yield from elsewhere(positive, own, self._titles, rng) or ()
        if self._hit("renamed", rng):
            made = renamed(positive, self._names_in(asked.document), rng)
            if made:
                yield made
        if asked.source in _SEARCHES and self._hit("removed", rng):
            made = removed(positive)
            if made:
                yield made

    def _without_short_answer(self) -> Iterator[Example]:
        """Yield questions that only yes or no, or whole sentences answer."""
        for source, limit in self._data.limits().items():
            found = [q for q in self._questions if q.source == source and q.answerable]
            for asked in first_of([q for q in found if not q.answers], limit, self._seed):
                rng, document = self._rng(asked), asked.document
                near = asked.evidence[0] if asked.evidence else asked.paragraph
                view = self._views.paragraph(document, asked.paragraph, near)
                question, kind = self._worded(asked, rng)
                title = self._title(asked, question, rng)
                if asked.evidence:
                    made = holding(asked, view, kind=kind, question=question, title=title)
                    if made:
                        yield made
                        yield from self._of_another(asked, made, rng)
                elif view == asked.paragraph:
                    yield answering(asked, view, question=question, title=title)

    def _again(self) -> Iterator[Example]:
        """Yield the development questions again: those written to mislead, and their neighbours."""
        for asked in self._questions:
            if asked.document.source != DEVELOPMENT:
                continue
            view = self._views.paragraph(asked.document, asked.paragraph, asked.paragraph)
            for time in range(2, self._data.development_times + 1):
                title = asked.document.title if time % 2 else ""
                how: dict[str, str] = {
                    "kind": f"again-{time}",
                    "question": asked.question,
                    "title": title,
                }
                made = (
                    holding(asked, view, **how)
                    if asked.answers
                    else lacking(asked, (asked.document, view), **how)
                )
                if made:
                    yield made

    def _view(self, asked: Asked, rng: Generator) -> Span:
        document, answer = asked.document, asked.answers[0]
        draw = rng.random()
        if document.source in _ALONE:
            return self._views.paragraph(document, asked.paragraph, answer)
        if draw < self._data.chunks:
            return self._views.chunk(document, answer)
        if draw < self._data.chunks + self._data.neighbours:
            return self._views.neighbours(document, asked.paragraph, answer)
        return self._views.paragraph(document, asked.paragraph, answer)

    def _positive(self, asked: Asked, view: Span, rng: Generator) -> Example | None:
        wording, kind = self._worded(asked, rng)
        title = self._title(asked, wording, rng)
        made = holding(asked, view, kind=kind, question=wording, title=title)
        if made and asked.id in self._twins:
            return msgspec.structs.replace(made, twin=asked.id)
        return made

    def _worded(self, asked: Asked, rng: Generator) -> tuple[str, str]:
        """Draw the wording of a question that is answered, and the name of its kind."""
        wording, kind = asked.question, "given"
        if asked.source in FOREIGN:
            return wording, kind
        if self._hit("keywords", rng):
            wording, kind = keywords(asked.question), "keywords"
        elif self._hit("requests", rng):
            wording, kind = request(asked.question, rng), "request"
        elif self._hit("yes_no", rng) and asked.answers:
            asked_so = yes_no(asked.question, asked.answers[0].of(asked.document.text))
            wording, kind = (asked_so, "yes-no") if asked_so else (wording, kind)
        return wording, "given" if wording == asked.question else kind

    def _title(self, asked: Asked, question: str, rng: Generator) -> str:
        return shown_title(asked.document.title, question, self._titles, self._data, rng)

    def _with_another(self, asked: Asked, view: Span, rng: Generator) -> Iterator[Example]:
        """Yield two questions in one, each with its own evidence."""
        others = [
            other
            for other in self._neighbours_of[(id(asked.document), asked.paragraph)]
            if other.answers and not set(other.answers) & set(asked.answers)
        ]
        first = holding(asked, view, kind="both", question=asked.question, title="")
        if first is None or not others:
            return
        other = others[int(rng.integers(len(others)))]
        second = holding(other, view, kind="both", question=other.question, title="")
        if second is None:
            return
        yield msgspec.structs.replace(
            first,
            question=both(asked.question, other.question, run_together=bool(rng.random() < 0.5)),
            answers=tuple(sorted({*first.answers, *second.answers})),
            evidence=tuple(sorted({*(first.evidence or ()), *(second.evidence or ())})),
        )

    def _against(
        self, asked: Asked, positive: Example, view: Span, rng: Generator
    ) -> Iterator[Example]:
        if asked.document.source not in _ALONE:
            if self._hit("article", rng) and (place := self._negatives.article(asked, rng)):
                yield self._lacking(asked, self._cut(place), "article", positive.question, rng)
            if self._hit("retrieved", rng) and (place := self._negatives.retrieved(asked, rng)):
                yield self._lacking(asked, self._cut(place), "retrieved", positive.question, rng)
            if asked.source not in FOREIGN and self._hit("swapped", rng):
                other = swapped(
                    asked.question,
                    positive.passage,
                    self._names_in(asked.document),
                    self._near.of,
                    rng,
                )
                if other:
                    yield self._lacking(asked, (asked.document, view), "swapped", other, rng)
        if self._hit("random", rng) and (place := self._negatives.random(asked, rng)):
            yield self._lacking(asked, self._cut(place), "random", positive.question, rng)

    def _lacking(
        self, asked: Asked, place: Place, kind: str, question: str, rng: Generator
    ) -> Example:
        title = shown_title(place[0].title, question, self._titles, self._data, rng)
        return lacking(asked, place, kind=kind, question=question, title=title)

    def _cut(self, place: Place) -> Place:
        document, paragraph = place
        return document, self._views.paragraph(document, paragraph, paragraph)

    def _rng(self, asked: Asked) -> Generator:
        return np.random.default_rng([self._seed, zlib.crc32(asked.id.encode())])

    def _hit(self, rate: str, rng: Generator) -> bool:
        return bool(rng.random() < float(getattr(self._data, rate)))

    def _names_in(self, document: SourceText) -> list[str]:
        key = id(document)
        if key not in self._names:
            self._names[key] = names(document.text)
        return self._names[key]
