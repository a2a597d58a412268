"""Repositories as sources, from a folder and over HTTP: files of one commit, and links to it."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from faults import text_of

from citespan.index import Corpus
from citespan.index.jobs.types import FileOutcome
from citespan.index.reading import FileReader
from citespan.qa.sources import SyncReport, SyncRules, sync
from citespan.qa.sources.errors import NotRead, RequestRefused
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.kinds.choice import PathChoice
from citespan.qa.sources.kinds.git import GitSource, Repository
from citespan.qa.sources.kinds.git_program import Git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
_HERE = Outgoing(networks=(ip_network("127.0.0.1/32"),))
_AUTHOR = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A"), ("EMAIL", "a@example.org"))
}


class Work:
    """A repository with a work tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=self.folder, env=os.environ | _AUTHOR, check=True,
            capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip

    def commit(self, **files: str | None) -> str:
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.unlink() if text is None else path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    made = Work(tmp_path / "work")
    made.commit(
        README_md="# Read\n\nThis is read.\n", docs__a_txt=text_of(1), docs__b_txt=text_of(2)
    )
    return made


@pytest.fixture
def synced(tmp_path: Path, corpus: Corpus, work: Work) -> Callable[..., SyncReport]:
    def run(
        ref: str = "", address: str = "", include: tuple[str, ...] = (), **more: Any
    ) -> SyncReport:
        repository = Repository(address=address or str(work.folder), ref=ref)
        source = GitSource(
            repository,
            tmp_path / "cache.git",
            PathChoice(include),
            more.pop("limits", _HERE),
            **more,
        )
        return sync(corpus, "code", source, SyncRules(), files=FileReader())

    return run


def stored(corpus: Corpus) -> dict[str, tuple[str, str]]:
    """The id and the address of each document, by key."""
    found: dict[str, tuple[str, str]] = {}
    for one in corpus.tracking.of("code"):
        if one.document_id:
            found[one.key] = one.document_id, corpus.info(one.document_id).uri or ""
    return found


def test_files_are_those_of_the_newest_commit(
    corpus: Corpus, work: Work, synced: Callable[..., SyncReport]
) -> None:
    first = work.git("rev-parse", "HEAD")
    assert synced().in_step
    before = stored(corpus)
    assert set(before) == {"README.md", "docs/a.txt", "docs/b.txt"}
    assert all(uri.endswith(f"?commit={first}") for _, uri in before.values())
    second = work.commit(docs__a_txt=text_of(3), new_txt=text_of(4))
    assert synced().outcomes == {"unchanged": 2, "replaced": 1, "added": 1}
    after = stored(corpus)
    assert after["README.md"] == before["README.md"]
    assert after["docs/a.txt"][0] == before["docs/a.txt"][0]
    assert after["docs/a.txt"][1].endswith(f"docs/a.txt?commit={second}")
    work.git("mv", "docs/a.txt", "moved.txt")
    work.commit(docs__b_txt=None)
    assert synced().outcomes == {"unchanged": 2, "moved": 1, "removed": 1}
    assert stored(corpus)["moved.txt"][0] == before["docs/a.txt"][0]


def test_what_a_commit_no_longer_has_is_not_kept_in_the_cache(
    tmp_path: Path, work: Work, synced: Callable[..., SyncReport]
) -> None:
    work.commit(secret_txt="The password is heliotrope.")  # noqa: S106
    blob = work.git("rev-parse", "HEAD:secret.txt")
    synced()
    cache = Git(tmp_path / "cache.git", [], {}, limit_s=20, most_bytes=10**7)
    assert b"heliotrope" in cache.run("cat-file", "blob", blob)
    work.commit(secret_txt=None)
    assert synced().outcomes[FileOutcome.REMOVED] == 1
    with pytest.raises(NotRead):
        cache.run("cat-file", "blob", blob)


def test_a_branch_a_tag_or_a_commit_can_be_named(
    corpus: Corpus, work: Work, synced: Callable[..., SyncReport]
) -> None:
    first = work.git("rev-parse", "HEAD")
    work.git("tag", "v1")
    work.commit(new_txt=text_of(4))
    for ref in ("v1", first):
        assert synced(ref).in_step
        assert "new.txt" not in stored(corpus)
    assert synced("main").in_step
    assert "new.txt" in stored(corpus)
    assert "git failed" in (synced("nothing").problem or "")
    assert len(stored(corpus)) == 4
    with pytest.raises(NotRead, match="not the name"):
        synced("--upload-pack=x")


def test_patterns_choose_files_and_links_are_no_files(
    corpus: Corpus, work: Work, synced: Callable[..., SyncReport]
) -> None:
    (work.folder / "docs/link.txt").symlink_to("/etc/passwd")
    work.commit()
    synced(include=("/docs/",))
    assert set(stored(corpus)) == {"docs/a.txt", "docs/b.txt"}


def test_a_file_above_the_limit_is_refused_once(
    corpus: Corpus, work: Work, synced: Callable[..., SyncReport]
) -> None:
    work.commit(large_txt="x" * 100_000)
    report = synced(limits=Outgoing(max_bytes=50_000))
    assert (report.outcomes[FileOutcome.REJECTED], report.in_step) == (1, True)
    assert synced(limits=Outgoing(max_bytes=50_000)).outcomes == {"unchanged": 4}


class Served:
    """A server of repositories as git's own program has it, and the requests that it saw."""

    def __init__(self, folder: Path) -> None:
        seen: list[str] = []
        self.seen, self.allowed = seen, ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.path)
                if outer.allowed and self.headers.get("authorization") != outer.allowed:
                    self.send_response(401)
                    self.send_header("www-authenticate", "Basic")
                    self.end_headers()
                    return
                if self.path.startswith("/away"):
                    self.send_response(302)
                    self.send_header("location", self.path.replace("/away", "/work"))
                    self.end_headers()
                    return
                path, _, query = self.path.partition("?")
                sent = self.rfile.read(int(self.headers.get("content-length", "0")))
                done = subprocess.run(
                    ["git", "http-backend"], input=sent, capture_output=True, check=True,
                    env=os.environ | {
                        "GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1",
                        "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                        "CONTENT_TYPE": self.headers.get("content-type", ""),
                        "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
                        "GIT_PROTOCOL": self.headers.get("git-protocol", ""),
                    },
                ).stdout  # fmt: skip
                head, _, body = done.partition(b"\r\n\r\n")
                lines = [line.split(": ", 1) for line in head.decode().split("\r\n")]
                told = dict(lines)
                self.send_response(int(told.pop("Status", "200").split()[0]))
                for name, value in told.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        self.port = self._server.server_address[1]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def served(work: Work) -> Iterator[Served]:
    server = Served(work.folder.parent)
    yield server
    server.close()


def _local(_: str, __: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_repository_is_fetched_over_http_from_the_address_that_was_checked(
    corpus: Corpus, work: Work, served: Served, synced: Callable[..., SyncReport]
) -> None:
    """No resolver but ours knows the name."""
    address = f"http://git.citespan.invalid:{served.port}/work/.git"
    report = synced(address=address, resolve=_local)
    assert report.in_step, report.problem
    commit = work.git("rev-parse", "HEAD")
    uri = stored(corpus)["docs/a.txt"][1]
    assert uri == f"http://git.citespan.invalid:{served.port}/work/blob/{commit}/docs/a.txt"
    requests = len(served.seen)
    assert synced(address=address, resolve=_local).outcomes == {"unchanged": 3}
    assert len(served.seen) <= 2 * requests


def test_an_address_inside_and_a_redirect_are_refused(
    corpus: Corpus, served: Served, synced: Callable[..., SyncReport]
) -> None:
    inside = f"http://git.citespan.invalid:{served.port}/work/.git"
    with pytest.raises(RequestRefused, match="not a public address"):
        synced(address=inside, resolve=_local, limits=Outgoing())
    for url in ("file:///etc", "ssh://git@site.test/x", "ext::sh -c id", "http://u:p@site.test/x"):
        with pytest.raises((RequestRefused, NotRead)):
            synced(address=url if "://" in url else f"{url}://")
    assert served.seen == []
    away = inside.replace("/work/", "/away/")
    assert "git failed" in (synced(address=away, resolve=_local).problem or "")
    assert all(path.startswith("/away") for path in served.seen)


def test_a_secret_is_sent_and_shown_nowhere(
    corpus: Corpus, served: Served, synced: Callable[..., SyncReport]
) -> None:
    served.allowed = "Basic eC1hY2Nlc3MtdG9rZW46dG9r"  # x-access-token:tok
    address = f"http://git.citespan.invalid:{served.port}/work/.git"
    problem = synced(address=address, resolve=_local, secret="wrong").problem or ""  # noqa: S106
    assert "git failed" in problem
    assert "wrong" not in problem
    assert synced(address=address, resolve=_local, secret="tok").in_step  # noqa: S106
