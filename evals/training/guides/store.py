"""The pages of a guide, stored as people store them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.progress import track

from citespan.index import Corpus, Draft
from citespan.index.errors import DocumentRejected
from citespan.index.reading import FileReader

_PAGES = {".md", ".mdx", ".rst"}


def store_guide(guide: Path, corpus: Corpus) -> dict[str, str]:
    """Store each page below a folder; return the ids of the documents, by path in the folder."""
    reader = FileReader()
    pages = sorted(one for one in guide.rglob("*") if one.suffix in _PAGES and one.is_file())
    names: list[str] = []

    def drafts() -> Iterator[Draft]:
        for page in track(pages, guide.name, console=Console(stderr=True), transient=True):
            with suppress(DocumentRejected):  # a page without text
                draft = reader.read_path(page, None, None).draft
                names.append(page.relative_to(guide).as_posix())
                yield draft

    stored = list(corpus.put_many(drafts()))
    return dict(zip(names, (one.document.id for one in stored), strict=True))
