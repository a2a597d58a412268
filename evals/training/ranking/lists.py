"""Questions with all passages that a search finds, and which of them hold the answer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import write_file
from citespan.evals.training.guides import found_pieces
from citespan.index import Corpus
from citespan.index.types import Span
from citespan.qa.evidence import Piece

_FOUND = 20  # passages of a search, as at work


class Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passage as a model reads it; `holds` is None if nobody knows whether it has the answer."""

    title: str
    text: str
    holds: bool | None


class FoundList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question and its candidates in the order of the search."""

    question: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A question, the gold in a stored document, and what may answer it as well."""

    question: str
    document_id: str
    gold: Sequence[Span]
    unsure: Sequence[tuple[str, Span]] = ()

    def holds(self, piece: Piece) -> bool | None:
        """Return whether a passage has some of the gold."""
        name = piece.passage.chunk.document_id
        if name == self.document_id and any(piece.span.overlap(one) for one in self.gold):
            return True
        unsure = any(name == there and piece.span.overlap(one) for there, one in self.unsure)
        return None if unsure else False


def lists_of(corpus: Corpus, asked: Iterable[Sought]) -> Iterator[FoundList]:
    """Yield the list of each question for which a search finds the gold, and something else."""
    for sought in asked:
        pieces = found_pieces(corpus, sought.question, _FOUND)
        holds = [sought.holds(piece) for piece in pieces]
        if True in holds and False in holds:
            candidates = tuple(
                Candidate(title=piece.titled.title, text=piece.titled.text, holds=one)
                for piece, one in zip(pieces, holds, strict=True)
            )
            yield FoundList(question=sought.question, candidates=candidates)


def read_lists(path: Path) -> list[FoundList]:
    """Return the lists of a JSON Lines file.

    Raises:
        TrainingError: it cannot be read.
    """
    try:
        return msgspec.json.Decoder(FoundList).decode_lines(path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise TrainingError(f"lists {path.name}: {error}") from error


def write_lists(path: Path, lists: Iterable[FoundList]) -> None:
    """Write lists to a JSON Lines file, all or nothing."""
    write_file(path, msgspec.json.Encoder().encode_lines(lists))
