"""The program `git`, kept within the guard: one address, one protocol, nothing of its user's."""

import os
import re
import resource
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from citespan.qa.sources.errors import NotRead

_OLDEST = (2, 37)  # the first that can be given the address of a host
_MOST_SHOWN = 300  # characters of what git says
_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_PLAIN = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.alternateRefsCommand=true",
    "credential.helper=", "protocol.allow=never", "http.followRedirects=false", "http.proxy=",
    "fetch.fsckObjects=true", "gc.auto=0", "transfer.bundleURI=false",
)  # fmt: skip


class Git:
    """A bare repository in a folder of ours.

    Args:
        folder: the folder, made at the first fetch.
        options: settings of git, `name=value`.
        secret: headers of requests, which must not be seen in the list of processes.
        limit_s: how long one command may run.
        most_bytes: how large one file of the repository may become.

    Raises:
        NotRead: git is not installed, or too old. Any method: it failed, or took too long.
    """

    def __init__(
        self,
        folder: Path,
        options: Sequence[str],
        secret: Mapping[str, str],
        *,
        limit_s: float,
        most_bytes: int,
    ) -> None:
        found = shutil.which("git")
        if found is None:
            raise NotRead("the program git is not installed; install it")
        self._program, self._folder = found, folder
        self._limit_s, self._most_bytes = limit_s, most_bytes
        self._environment = _environment([*_PLAIN, *options], secret)
        self._check_version()

    def run(self, *words: str) -> bytes:
        """Run a command of git in the repository, and return what it prints."""
        return self._run("--git-dir", str(self._folder), *words)

    def make(self) -> None:
        """Make the repository, unless it is there."""
        if not (self._folder / "HEAD").exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._run("init", "--quiet", "--bare", str(self._folder))

    def _run(self, *words: str) -> bytes:
        with subprocess.Popen(  # noqa: S603  (a fixed program; words are checked by the caller)
            [self._program, *words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as running:
            _bound(running.pid, self._most_bytes)
            try:
                printed, said = running.communicate(timeout=self._limit_s)
            except subprocess.TimeoutExpired as error:
                _end(running.pid)
                raise NotRead(f"git took longer than {self._limit_s:.0f} s") from error
        if running.returncode:
            raise NotRead(f"git failed: {_shown(said)}")
        return printed

    def _check_version(self) -> None:
        said = self._run("version").decode(errors="replace")
        numbers = re.findall(r"\d+", said)
        if tuple(map(int, numbers[:2])) < _OLDEST:
            raise NotRead(f"{said.strip()} is too old; install git 2.37 or later")


def _environment(options: Sequence[str], secret: Mapping[str, str]) -> dict[str, str]:
    pairs = [tuple(one.split("=", 1)) for one in options] + list(secret.items())
    made = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_CONFIG_COUNT": str(len(pairs)),
    }
    for number, (name, value) in enumerate(pairs):
        made |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return made


def _bound(pid: int, most_bytes: int) -> None:
    with suppress(OSError, AttributeError):  # it has ended, or this is not Linux
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most_bytes, most_bytes))


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, 9)


def _shown(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return _CREDENTIALS.sub("//", lines[-1] if lines else "it says nothing")[:_MOST_SHOWN]
