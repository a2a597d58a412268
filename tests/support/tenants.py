"""Collections of several tenants behind a gate, and callers with keys of every role for them."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tiny_pdf
from api_client import Client
from faults import use_words
from litestar.testing import TestClient

from citespan.api.access import Gate, KeyFile, Keyring, Role
from citespan.api.server.app import create_app
from citespan.index import Draft
from citespan.index.reading import FileReader, Request
from citespan.index.types import ACCESS
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections
from citespan.qa.sources import Definition, SourceFiles

OPEN_TEXT = "The canteen opens at noon and closes at three."
BOARD_TEXT = "The board sells the Lund plant in May, code word heliotrope."
OTHER_TEXT = "The reactor valve number nine is made of brass, code word marigold."
SECRETS = ("heliotrope", "marigold", "brass", "Lund plant")
LINE = "The salary of the director is five thousand."


@dataclass(frozen=True)
class Tenants:
    """A client of the application, the collections behind it, and keys by role and tenant.

    The collection `hr` has the documents `open`, `board`, which only the group `board` sees, and
    `file`, a PDF. The collection `eng` has `other`. The tenants are `whole`, who sees all
    collections, `hr`, `board`, who sees `hr` and is in that group, and `eng`.
    """

    client: Client
    collections: Collections
    file: KeyFile
    keys: dict[tuple[str, str], str]
    rules: Mapping[tuple[str, str], str]

    def headers(self, role: str, tenant: str) -> dict[str, str]:
        return {} if role == "none" else {"authorization": f"Bearer {self.keys[role, tenant]}"}

    def send(self, method: str, path: str, role: str, tenant: str, **more: Any) -> Any:
        headers = self.headers(role, tenant) | more.pop("headers", {})
        return self.client.request(method, path, headers=headers, follow_redirects=False, **more)

    def fill(self) -> None:
        """Store what is missing."""
        for name in {"hr", "eng"} - set(self.collections.names()):
            self.collections.create(name, {})
        hr, eng = self.collections.service("hr"), self.collections.service("eng")
        hr.corpus.put(Draft(id="open", text=OPEN_TEXT))
        hr.corpus.put(Draft(id="board", text=BOARD_TEXT, metadata={ACCESS: ["board"]}))
        eng.corpus.put(Draft(id="other", text=OTHER_TEXT))
        hr.corpus.put(pdf())


@cache
def pdf() -> Draft:
    """A document that was read from a file."""
    made = tiny_pdf.Pdf([tiny_pdf.Page(tiny_pdf.prose([LINE]))]).write()
    read = FileReader().read(made, Request(name="file.pdf"))
    return replace(read.draft, id="file")


TENANTS: dict[str, tuple[tuple[str, ...] | None, tuple[str, ...]]] = {
    "whole": (None, ()),
    "hr": (("hr",), ()),
    "board": (("hr",), ("board",)),
    "eng": (("eng",), ()),
}


@contextmanager
def tenants(folder: Path) -> Generator[Tenants]:
    """Serve the tenants' collections to keys."""
    with pytest.MonkeyPatch.context() as patch:
        environ = use_words(patch) | {"CITESPAN_DATA__PATH": str(folder)}
        file, keys = KeyFile(folder), dict[tuple[str, str], str]()
        for tenant, (seen, groups) in TENANTS.items():
            for role in (Role.ASK, Role.WRITE, Role.ADMIN):
                given = () if role is Role.ADMIN else groups
                made = file.create(tenant, role, collections=seen, groups=given)
                keys[role, tenant] = made[1]
        keys["scrape", "whole"] = file.create("metrics", Role.SCRAPE)[1]
        notes = folder.with_name(f"{folder.name}-notes")
        notes.mkdir()
        (notes / "a.txt").write_text("A line.")
        SourceFiles(folder).add(
            Definition(name="notes", kind="folder", address=str(notes), collection="hr")
        )
        with Collections.open(load_settings(environ=environ)) as opened:
            app = create_app(opened, gate=Gate(Keyring(folder)))
            with TestClient(app) as client:
                made = Tenants(client, opened, file, keys, app.rules)
                made.fill()
                yield made
