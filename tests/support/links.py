"""A network that a test can cut: a namespace behind a pair of devices."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from devices import changing

_HERE, THERE = "10.231.77.1", "10.231.77.2"


class Link:
    """A pair of network devices, one in a namespace of its own."""

    def __init__(self) -> None:
        self.namespace = f"citespan{os.getpid()}"
        self._near, self._far = f"cs{os.getpid()}a"[-15:], f"cs{os.getpid()}b"[-15:]

    @property
    def within(self) -> list[str]:
        """What starts a command in the namespace, before its words."""
        return ["ip", "netns", "exec", self.namespace]

    def make(self) -> None:
        _run("ip", "netns", "add", self.namespace)
        _run(
            "ip", "link", "add", self._near, "type", "veth",
            "peer", "name", self._far, "netns", self.namespace,
        )  # fmt: skip
        _run("ip", "addr", "add", f"{_HERE}/24", "dev", self._near)
        _run("ip", "link", "set", self._near, "up")
        _run(*self.within, "ip", "addr", "add", f"{THERE}/24", "dev", self._far)
        self.mend()

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self.namespace], check=False, capture_output=True)

    def cut(self) -> None:
        _run(*self.within, "ip", "link", "set", self._far, "down")

    def mend(self) -> None:
        _run(*self.within, "ip", "link", "set", self._far, "up")


@contextmanager
def made_link() -> Generator[Link]:
    """Return a link; skip the test where none can be made."""
    if sys.platform != "linux" or os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need Linux, root and ip")
    made = Link()
    with changing():
        try:
            made.make()
        except subprocess.CalledProcessError as error:
            made.remove()
            pytest.skip(f"a network namespace cannot be made here: {error.stderr.decode().strip()}")
        try:
            yield made
        finally:
            made.remove()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
