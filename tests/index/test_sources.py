"""The files that texts were read from: stored with them, moved with them, and gone with them."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faults import tampered
from made_files import made_file, read_made

from citespan.index import Corpus, Draft, OnnxEmbedder, Span
from citespan.index.errors import DocumentDamaged, ExportInvalid
from citespan.index.layout import Layout
from citespan.index.reading import FileReader, Request
from citespan.index.transfer import back_up, export_to, import_documents, restore

SECRET = "zyxwvutian qwrtplkjan"  # noqa: S105  (in no vocabulary)
BYTES = made_file(["A page."], [f"The {SECRET} is here."], note="bcdfghjkan " * 3)
files = FileReader(parse=read_made)


def draft(data: bytes = BYTES, name: str = "a.pdf", **more: Any) -> Draft:
    read = files.read(data, Request(name=name)).draft
    return Draft(
        text=read.text, title=read.title, media_type=read.media_type, parsed=read.parsed, **more
    )


def traces(folder: Path) -> set[str]:
    """The files, at any depth, that hold a word of the file or of its text."""
    sought = [word.encode() for word in (*SECRET.split(), "bcdfghjkan", "%PDF-made")]
    return {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(one in path.read_bytes() for one in sought)
    }


def check_source(corpus: Corpus, revision: int = 1) -> None:
    source = corpus.places.file("a", revision)
    assert source is not None
    assert (source.data, source.name, source.made_by) == (BYTES, "a.pdf", "made 1")
    document = corpus.get("a", revision)
    start = document.text.index("The zyx")
    where = corpus.places.where(document, Span(start, start + 5))
    assert (where.page, where.original, len(where.boxes)) == (2, True, 1)
    assert corpus.health.check() == []


def test_a_file_is_stored_with_its_text(corpus: Corpus) -> None:
    corpus.put(draft(id="a"))
    check_source(corpus)
    corpus.put(Draft(id="b", text="Only words."))
    assert corpus.places.file("b", 1) is None
    corpus.put(Draft(id="a", text="Only words now."))
    assert corpus.places.file("a", 2) is None
    check_source(corpus, 1)


def test_a_file_is_left_out_by_setting(corpus: Corpus) -> None:
    read = FileReader(parse=read_made, originals=False).read(BYTES, Request(name="a.pdf"))
    corpus.put(read.draft)
    (info,) = corpus.documents().documents
    source = corpus.places.file(info.id, 1)
    assert source is not None
    assert source.data is None
    assert Layout(source.layout).pages


def deleted(corpus: Corpus) -> None:
    corpus.delete("a")


def purged(corpus: Corpus) -> None:
    corpus.put(Draft(id="a", text="Nothing."))
    corpus.purge("a")


def purged_by_number(corpus: Corpus) -> None:
    corpus.put(Draft(id="a", text="Nothing."))
    corpus.purge_revision("a", 1)


@pytest.mark.parametrize("remove", [deleted, purged, purged_by_number])
def test_what_is_removed_is_in_no_byte(
    tmp_path: Path, embedder: OnnxEmbedder, remove: Callable[[Corpus], None]
) -> None:
    folder = tmp_path / "data"
    with Corpus.open(folder, embedder) as corpus:
        for n in range(3):
            corpus.put(Draft(id=f"d{n}", text=f"Cats of the {n}th kind sleep. " * 30))
        corpus.put(draft(id="a"))
        assert traces(folder)
        remove(corpus)
        assert corpus.health.leftovers() == []
        assert corpus.health.check() == []
    assert traces(folder) == set()


def test_equal_files_are_stored_once_and_until_the_last_goes(corpus: Corpus) -> None:
    corpus.put(draft(id="a"))
    corpus.put(draft(id="b"))
    catalogue: Any = vars(corpus.places)["_catalogue"]
    rows = "SELECT count(*) FROM originals"
    assert catalogue._db.rows(rows) == [(1,)]
    corpus.delete("b")
    check_source(corpus)
    corpus.delete("a")
    assert catalogue._db.rows(rows) == [(0,)]


def test_files_move_with_an_export(tmp_path: Path, embedder: OnnxEmbedder, corpus: Corpus) -> None:
    with Corpus.open(tmp_path / "from", embedder) as source:
        source.put(draft(id="a"))
        source.put(Draft(id="a", text="Another state."))
    out = io.BytesIO()
    export_to(tmp_path / "from", out)
    (tmp_path / "export").write_bytes(out.getvalue())
    assert [one.outcome for one in import_documents(corpus, tmp_path / "export").stored] == [
        "added"
    ]
    check_source(corpus, 1)
    again = io.BytesIO()
    export_to(tmp_path / "corpus", again)
    # The first line says when it was written, and the last one sums up all lines.
    assert again.getvalue().splitlines()[1:-1] == out.getvalue().splitlines()[1:-1]


def test_a_layout_of_another_text_is_not_imported(
    tmp_path: Path, embedder: OnnxEmbedder, corpus: Corpus
) -> None:
    with Corpus.open(tmp_path / "from", embedder) as source:
        source.put(draft(id="a"))
        source.put(draft(made_file(["Short."]), id="b"))
    out = io.BytesIO()
    export_to(tmp_path / "from", out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    lines[1]["file"]["layout"] = lines[2]["file"]["layout"]
    (tmp_path / "export").write_bytes(b"".join(json.dumps(one).encode() + b"\n" for one in lines))
    with pytest.raises(ExportInvalid, match="line 2: the layout of the text is wrong"):
        import_documents(corpus, tmp_path / "export")


def test_files_move_with_a_backup(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    with Corpus.open(tmp_path / "from", embedder) as source:
        source.put(draft(id="a"))
    back_up(tmp_path / "from", tmp_path / "backup.zip")
    restore(tmp_path / "backup.zip", tmp_path / "to")
    with Corpus.open(tmp_path / "to", embedder) as restored:
        check_source(restored)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE sources SET sha256 = 'x'", "document 'a' is damaged"),
        ("UPDATE originals SET data = x'00'", "document 'a' is damaged"),
        ("UPDATE revisions SET length = length + 1", "its runs are those of another text"),
    ],
)
def test_the_examination_finds_other_bytes(
    tmp_path: Path, embedder: OnnxEmbedder, statement: str, found: str
) -> None:
    with Corpus.open(tmp_path / "data", embedder) as corpus:
        corpus.put(draft(id="a"))
    tampered(tmp_path / "data", statement)
    with Corpus.open(tmp_path / "data", embedder) as corpus:
        assert any(found in problem for problem in corpus.health.check())
        if "sha256" in statement:
            with pytest.raises(DocumentDamaged):
                corpus.places.file("a", 1)


def test_headings_are_searched_with_a_chunk_and_are_not_part_of_it(corpus: Corpus) -> None:
    lines = ["# Pumps", "Maintenance is yearly.", "# Valves", "Maintenance is monthly."]
    corpus.put(draft(made_file(lines), id="a"))
    text = corpus.get("a").text
    found = corpus.search("Valves maintenance", k=2)
    assert [one.chunk.context for one in found] == ["", ""]
    assert [one.text.partition("\n")[0] for one in found] == ["Valves", "Pumps"]
    long = ["# Pumps", *[f"Pump {n} is serviced once a year by two people." for n in range(40)]]
    corpus.put(draft(made_file(long), id="b", metadata={"n": 1}))
    chunks = [one for one in corpus.search("pump serviced", k=9) if one.chunk.document_id == "b"]
    later = [one for one in chunks if one.chunk.span.start]
    assert later
    assert {one.chunk.context for one in later} == {"Pumps"}
    assert all(one.text == one.chunk.span.of(corpus.get("b").text) for one in later)
    assert "Valves" in text


def test_a_rebuild_keeps_the_contexts(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    rows = [[f"M{n}", f"{n} dollars"] for n in range(60)]
    data = made_file(["# Metals"], rows=rows, header=["Metal", "Price"])
    with Corpus.open(tmp_path / "data", embedder) as corpus:
        corpus.put(draft(data, id="a"))

        def contexts() -> set[str]:
            return {one.chunk.context for one in corpus.search("metal price dollars", k=20)}

        assert contexts() == {"Metal; Price", "Metals › Metal; Price"}
        for _ in corpus.builds.fill(embedder, chunk_tokens=60):
            pass
        corpus.builds.switch()
        assert contexts() == {"Metal; Price", "Metals › Metal; Price"}
