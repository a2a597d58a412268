"""The rules for a document, a gold span and a question; each check says what is wrong. Pure."""

from collections.abc import Mapping

from citespan.evals.metrics.answers import normalised
from citespan.evals.types import GoldSpan, Question, SourceDocument
from citespan.index import Draft
from citespan.index.errors import DocumentRejected
from citespan.index.parse import document_of

_SHOWN = 80
_LONGEST_NAME = 100


def name_problem(name: str) -> str | None:
    """Return why a data set's name could not name the folder of its results."""
    if name in ("", ".", "..") or not name.isprintable() or {*"/\\"} & {*name}:
        return f"the name {name!r} cannot name a folder; use printable characters without '/'"
    if len(name) > _LONGEST_NAME:
        return f"the name is over {_LONGEST_NAME} characters"
    return None


def document_problem(document: SourceDocument) -> str | None:
    """Return why the index would not store the document as it is, under its id."""
    draft = Draft(text=document.text, id=document.id, title=document.title)
    try:
        stored = document_of(draft)
    except DocumentRejected as error:
        return f"document {document.id!r}: {error}; correct or remove it"
    if stored.text != document.text:
        return (
            f"document {document.id!r} begins with a byte order mark or has CR line ends, which"
            " are not stored and would shift every offset; remove them and count spans again"
        )
    return None


def span_problem(gold: GoldSpan, document: SourceDocument) -> str | None:
    """Return why the span does not hold the text it states."""
    place = f"[{gold.start}, {gold.end}) of document {gold.document_id!r}"
    if not gold.start < gold.end <= len(document.text):
        return (
            f"{place} is empty or outside its {len(document.text)} characters;"
            " offsets are code points from 0, the end not included"
        )
    stands = document.text[gold.start : gold.end]
    if stands != gold.text:
        shown = stands if len(stands) <= _SHOWN else f"{stands[:_SHOWN]}…"
        return f"at {place} stands {shown!r}, not {gold.text!r}; correct the offsets or the text"
    return None


def question_problem(question: Question, documents: Mapping[str, SourceDocument]) -> str | None:
    """Return why the question cannot be measured; `span_problem` checks its spans."""
    if not question.id.isprintable():
        return f"the question id {question.id!r} has characters that cannot be shown; use others"
    if "\0" in question.text:
        return f"the text of question {question.id!r} has a NUL, which cannot be asked; remove it"
    graded = any(grade > 0 for grade in question.relevant.values())
    if question.answerable and not (question.spans or graded or _says_something(question)):
        return (
            f"question {question.id!r} is answerable but has no gold; give it a span,"
            " a grade above 0 or an answer in words, or mark it as not answerable"
        )
    if wordless := [fact.text for fact in question.facts if not normalised(fact.text)]:
        return f"question {question.id!r} has the fact {wordless[0]!r}; give it words"
    said = question.answers or question.facts or question.references or question.spans
    if said and not question.answerable:
        return (
            f"question {question.id!r} is not answerable but has spans or answers;"
            " remove them or mark it as answerable"
        )
    return _origin_problem(question, documents)


def _says_something(question: Question) -> bool:
    facts = (fact.text for fact in question.facts)
    return any(map(normalised, (*question.answers, *question.references, *facts)))


def _origin_problem(question: Question, documents: Mapping[str, SourceDocument]) -> str | None:
    if (origin := question.origin) is None:
        return None
    document = documents.get(origin.document_id)
    if document is None:
        return (
            f"question {question.id!r} comes from {origin.document_id!r},"
            " which is no document of the corpus; add it or correct the id"
        )
    if not origin.start < origin.end <= len(document.text):
        return (
            f"the origin of question {question.id!r}, [{origin.start}, {origin.end}), is empty or"
            f" outside the {len(document.text)} characters of its document; correct the offsets"
        )
    return None
