"""The files of a git repository at one commit."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from citespan.index.reading import Unreadable
from citespan.qa.sources.errors import Gone, Incomplete, NotRead, SourceError
from citespan.qa.sources.guard import Outgoing, Resolve, UrlPolicy, port_of, resolved
from citespan.qa.sources.kinds.choice import PathChoice
from citespan.qa.sources.kinds.git_program import Git
from citespan.qa.sources.types import Content, SourceEntry

_HEAD = "refs/citespan/head"
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}")
_TREE = re.compile(rb"(\d{6}) (\w+) ([0-9a-f]{40,64}) +(\S+)\t(.*)", re.DOTALL)
_FILES = {b"100644", b"100755"}
_LARGEST = 40  # times `max_bytes`: of a file of the repository
_SLOWEST = 5  # times `limit_s`: of a fetch
_LINKS = {"gitlab": "-/blob/{commit}/{path}", "codeberg": "src/commit/{commit}/{path}",
          "gitea": "src/commit/{commit}/{path}"}  # fmt: skip
_USUAL_LINK = "blob/{commit}/{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository, and how citations lead to it.

    address: an http or https URL, or the path of a folder.
    ref: a branch, a tag or a full commit id; empty for the branch that the repository names.
    link: the address of a file, with `{commit}` and `{path}`; empty for the usual one of its host.
    """

    address: str
    ref: str = ""
    link: str = ""


class GitSource:
    """The files of a repository at the commit that `entries` finds; the version is the blob's id.

    Args:
        repository: the repository.
        cache: a folder for what was fetched; what the commit no longer has is removed from it.
        choice: which paths are taken.
        outgoing: the limits.
        secret: a token, or `user:password`.
        resolve: returns the addresses of a host.

    Raises:
        RequestRefused: the guard does not let it be fetched.
        NotRead: git is not there, or the address cannot be found.
    """

    whole = True

    def __init__(
        self,
        repository: Repository,
        cache: Path,
        choice: PathChoice,
        outgoing: Outgoing,
        secret: str = "",
        resolve: Resolve = resolved,
    ) -> None:
        if repository.ref and not _REF.fullmatch(repository.ref):
            raise NotRead(f"{repository.ref!r} is not the name of a branch or a tag, or a commit")
        self._repository, self._choice, self._limits = repository, choice, outgoing
        self._address, options, secrets = _guarded(repository.address, outgoing, secret, resolve)
        self._link = repository.link or _usual_link(self._address)
        self._git = Git(
            cache,
            options,
            secrets,
            limit_s=_SLOWEST * outgoing.limit_s,
            most_bytes=_LARGEST * outgoing.max_bytes,
        )

    def entries(self) -> Iterator[SourceEntry]:
        """Fetch the newest commit, and yield its files, as `DocumentSource.entries`."""
        try:
            commit = self._fetched()
            listed = self._git.run("ls-tree", "-r", "-z", "--long", "--full-tree", commit)
        except SourceError as error:
            raise Incomplete(f"{self._repository.address}: {error}") from error
        number = 0
        for line in listed.split(b"\0"):
            found = _TREE.fullmatch(line)
            if found is None or found[1] not in _FILES:
                continue
            path = found[5].decode(errors="replace")
            if not self._choice.takes(path):
                continue
            number += 1
            if number > self._limits.max_entries:
                raise Incomplete(f"there are more than {number - 1} files (sources.max_entries)")
            uri = self._link.format(commit=commit, path=quote(path))
            yield SourceEntry(key=path, uri=uri, version=found[3].decode(), size=int(found[4]))

    def read(self, entry: SourceEntry, known: str) -> Content | None:
        """Return the bytes of a file at the commit, as `DocumentSource.read`."""
        if known == entry.version:
            return None
        if entry.size is not None and entry.size > self._limits.max_bytes:
            raise Unreadable(
                "too_large", f"it has more than {self._limits.max_bytes} bytes (sources.max_bytes)"
            )
        data = self._git.run("cat-file", "blob", entry.version)
        return Content(data=data, name=PurePosixPath(entry.key).name)

    def close(self) -> None:
        """Do nothing: each command has ended."""

    def _fetched(self) -> str:
        """Fetch the newest commit and return its id; older ones are removed from this machine."""
        self._git.make()
        before = self._head()
        ref = self._repository.ref or "HEAD"
        self._git.run(
            "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--force",
            "--no-write-fetch-head", self._address, f"+{ref}:{_HEAD}",
        )  # fmt: skip
        commit = self._head()
        if commit is None:
            raise Gone(f"there is no commit {ref}")
        if before not in {None, commit}:
            self._git.run("gc", "--quiet", "--prune=now")
        return commit

    def _head(self) -> str | None:
        try:
            return self._git.run("rev-parse", "--verify", f"{_HEAD}^{{commit}}").decode().strip()
        except NotRead:
            return None


def _guarded(
    address: str, outgoing: Outgoing, secret: str, resolve: Resolve
) -> tuple[str, list[str], dict[str, str]]:
    """Return the address for git, the settings that hold it to that, and those with secrets."""
    if "://" not in address:
        folder = Path(address).absolute()
        return str(folder), ["protocol.file.allow=always", f"safe.directory={folder}"], {}
    policy = UrlPolicy(address, outgoing, resolve)
    url = policy.own
    addresses = ",".join(policy.addresses(url.host, port_of(url)))
    options = [
        f"protocol.{url.scheme}.allow=always",
        f"http.curloptResolve={url.raw_host.decode('ascii')}:{port_of(url)}:{addresses}",
        "http.lowSpeedLimit=1000",
        f"http.lowSpeedTime={outgoing.timeout_s:.0f}",
    ]
    if not secret:
        return str(url), options, {}
    pair = secret if ":" in secret else f"x-access-token:{secret}"
    token = base64.b64encode(pair.encode()).decode()
    origin = f"{url.scheme}://{url.netloc.decode('ascii')}/"
    return str(url), options, {f"http.{origin}.extraHeader": f"Authorization: Basic {token}"}


def _usual_link(address: str) -> str:
    """Return how the host of a repository addresses a file at a commit."""
    if "://" not in address:
        escaped = Path(address).as_uri().replace("{", "%7B").replace("}", "%7D")
        return escaped + "/{path}?commit={commit}"
    host = address.split("/")[2]
    kind = next((link for name, link in _LINKS.items() if name in host), _USUAL_LINK)
    return f"{address.removesuffix('/').removesuffix('.git').removesuffix('/')}/{kind}"
