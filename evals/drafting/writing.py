"""The file of drafts: YAML that a person edits in any editor.

In YAML, a block of text needs no quoting: a colon, a quote or a `#` typed into a question changes
nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from citespan.evals.drafting.types import QuestionDraft
from citespan.evals.errors import DatasetError
from citespan.evals.types import SourceDocument
from citespan.index.disk import sha256_text

_HEADER = """\
# Draft questions, none of them checked. Write yes or no after each `accept:`;
# a draft without a decision is left out. Correct `question` and `answers` (one to a line, one of
# them in the sentence's own words) below their `|-`, with the same indent. Check that a `twin` has
# no answer in any of the documents. Change no other lines; whole blocks may be deleted. Then run:
# citespan eval accept THIS-FILE DESTINATION
"""
# YAML takes these as the ends of lines, or strips them; such texts are quoted and escaped.
_PLAIN = re.compile(
    r"(?! )[^\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]*(?<![ \n])"
)


class _Text(str):
    """A text that is written as a block if YAML can hold it so."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """A dumper that writes blocks for texts and nothing for None."""


def _represent_text(_: yaml.SafeDumper, text: _Text) -> yaml.ScalarNode:
    plain = text and not text.startswith("\n") and _PLAIN.fullmatch(text)
    return yaml.ScalarNode("tag:yaml.org,2002:str", str(text), style="|" if plain else '"')


def _represent_name(_: yaml.SafeDumper, name: str) -> yaml.ScalarNode:
    """Quote a title that ends in a line separator, which YAML would read as a space."""
    style = None if name.isprintable() else '"'
    return yaml.ScalarNode("tag:yaml.org,2002:str", name, style=style)


def _represent_none(_: yaml.SafeDumper, nothing: None) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:null", nothing or "")


_Dumper.add_representer(_Text, _represent_text)
_Dumper.add_representer(str, _represent_name)
_Dumper.add_representer(type(None), _represent_none)


def write_drafts(
    file: Path,
    drafts: Iterable[QuestionDraft],
    documents: Sequence[SourceDocument],
    paths: Mapping[str, str],
) -> None:
    """Write the drafts for a person to review; `paths` says where each document was read.

    Raises:
        DatasetError: the file exists, perhaps with decisions in it, or cannot be written.
    """
    recorded = [
        {
            "id": document.id,
            "title": document.title,
            "path": paths[document.id],
            "sha256": sha256_text(document.text),
        }
        for document in documents
    ]
    blocks = [_dump([_block(draft)]) for draft in drafts]
    head = "drafts:\n" if blocks else "drafts: []\n"
    try:
        with file.open("x", encoding="utf-8", newline="\n") as out:
            out.write("\n".join([_HEADER, _dump({"documents": recorded}), head, *blocks]))
    except FileExistsError as error:
        raise DatasetError(
            f"{file} already exists and may hold decisions; name another file or remove it"
        ) from error
    except OSError as error:
        raise DatasetError(f"{file} cannot be written: {error.strerror}") from error


def _dump(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)


def _block(draft: QuestionDraft) -> dict[str, Any]:
    """Return the reviewer's decisions first, then the texts to read, then the machine's fields."""
    block: dict[str, Any] = {
        "accept": draft.accept,
        "kind": str(draft.kind),
        "question": _Text(draft.question),
    }
    if draft.swap:
        block |= {"asks_about": draft.swap.new, "instead_of": draft.swap.old}
    else:
        block["answers"] = _Text("\n".join(draft.answers))
    block |= {
        "sentence": _Text(draft.evidence.text),
        "document": draft.evidence.document_id,
        "characters": f"{draft.evidence.start} to {draft.evidence.end}",
    }
    if draft.twin_of:
        block["twin_of"] = draft.twin_of
    return {**block, "id": draft.id}
