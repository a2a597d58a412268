"""Drafts from documents: all possible ones, then a spread over documents."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest

from citespan.evals.drafting.cloze import BLANK, Finding, blank
from citespan.evals.drafting.prose import ProseSentence, content, read_sentences
from citespan.evals.drafting.twins import CooccurrenceIndex
from citespan.evals.drafting.types import DraftKind, QuestionDraft
from citespan.evals.types import GoldSpan, SourceDocument

_TWINS = 3  # one draft in this many may be a twin


def make_drafts(
    documents: Sequence[SourceDocument], *, most: int = 200, seed: int = 0
) -> list[QuestionDraft]:
    """Draft questions from the documents' own sentences, for a person to accept.

    At most a third are twins without an answer. The same documents and seed give the same drafts.
    """
    collection = CooccurrenceIndex(read_sentences(documents))
    originals = _unambiguous(collection)
    originals.sort(key=lambda draft: hashlib.sha256(f"{seed} {draft.id}".encode()).digest())
    ordered = list(_spread(originals))
    twins = list(islice(_twins(collection, ordered, seed), most // _TWINS))
    wanted = {twin.twin_of for twin in twins}
    # An original and its twin come together; the others follow in turn.
    ordered.sort(key=lambda draft: draft.id not in wanted)
    return sorted([*ordered[: most - len(twins)], *twins], key=_reading_order)


def _twins(
    collection: CooccurrenceIndex, drafts: Iterable[QuestionDraft], seed: int
) -> Iterator[QuestionDraft]:
    places = {(s.document_id, s.span.start): s for s in collection.sentences}
    for draft in drafts:
        sentence = places[draft.evidence.document_id, draft.evidence.start]
        if twin := _twin(collection, draft, sentence, seed):
            yield twin


def _reading_order(draft: QuestionDraft) -> tuple[str, int, bool, str]:
    return draft.evidence.document_id, draft.evidence.start, draft.kind is DraftKind.TWIN, draft.id


def _unambiguous(collection: CooccurrenceIndex) -> list[QuestionDraft]:
    """Return drafts of the questions that only their own sentence answers."""
    usable = [(one, blank(one)) for one in collection.sentences if one.usable]
    drafts = [(_draft(one, finding), one) for one, finding in usable if finding]
    often = Counter(draft.question.casefold() for draft, _ in drafts)
    return [
        draft
        for draft, sentence in drafts
        if often[draft.question.casefold()] == 1 and _is_unique(collection, draft, sentence)
    ]


def _is_unique(
    collection: CooccurrenceIndex, draft: QuestionDraft, sentence: ProseSentence
) -> bool:
    """Return whether no other sentence holds all words of the question."""
    words = content(draft.question.replace(BLANK, " "))
    if len(words) < 2:
        return bool(words)
    return set(collection.sentences_with(words)) <= {sentence.number}


def _draft(sentence: ProseSentence, finding: Finding) -> QuestionDraft:
    start = sentence.span.start
    return QuestionDraft(
        id=_id(sentence.document_id, str(start), finding.question),
        kind=DraftKind.CLOZE,
        question=" ".join(finding.question.split()),
        answers=(" ".join(finding.answer.of(sentence.text).split()),),
        evidence=_evidence(sentence),
    )


def _evidence(sentence: ProseSentence) -> GoldSpan:
    span = sentence.span
    return GoldSpan(
        document_id=sentence.document_id, start=span.start, end=span.end, text=sentence.raw
    )


def _twin(
    collection: CooccurrenceIndex, draft: QuestionDraft, sentence: ProseSentence, seed: int
) -> QuestionDraft | None:
    made = collection.twin(draft.question, sentence, draft.answers[0], f"{seed} {draft.id}")
    if made is None:
        return None
    question, swap = made
    return QuestionDraft(
        id=f"{draft.id}-twin",
        kind=DraftKind.TWIN,
        question=question,
        answers=(),
        evidence=draft.evidence,
        twin_of=draft.id,
        swap=swap,
    )


def _id(*parts: str) -> str:
    return "q" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]


def _spread(drafts: Sequence[QuestionDraft]) -> Iterator[QuestionDraft]:
    """Yield drafts in turn from every document."""
    documents: dict[str, list[QuestionDraft]] = {}
    for draft in drafts:
        documents.setdefault(draft.evidence.document_id, []).append(draft)
    return (d for row in zip_longest(*documents.values()) for d in row if d is not None)
