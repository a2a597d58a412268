"""A process of our own that works for this one, and is reached by a socket."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_END_S = 5.0  # to end by itself, before it is killed


class HelperProcess:
    """A module that runs as a process. Callers take turns.

    The process is in a group of its own, so that a Ctrl-C does not reach it, but in this session:
    Linux may share the cores by session, and nice values count only within one.

    Args:
        module: its first argument is the descriptor of its socket, which it reads until the end.
        arguments: the further ones.
        environment: what it has besides the place of Python's modules; by default, what this
            process has.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._module, self._arguments, self._environment = module, arguments, environment
        self._control: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        """Whether the process has been started, and has not ended."""
        return self.process is not None and self.process.poll() is None

    def send(self, descriptors: Sequence[int]) -> None:
        """Hand descriptors to the process; start it if it has not been.

        Raises:
            OSError: the process has ended; the next call starts another one.
        """
        try:
            socket.send_fds(self._control or self.start(), [b"1"], descriptors)
        except OSError:
            self.stop()
            raise

    def start(self) -> socket.socket:
        """Start the process, in place of one that has ended; return our end of its socket."""
        self.stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603  (our own module)
                [sys.executable, "-P", "-m", self._module, str(theirs.fileno()), *self._arguments],
                env={
                    **(os.environ if self._environment is None else self._environment),
                    "PYTHONPATH": os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path),
                },
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,
            )
        self._control = ours
        return ours

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._control:
            self._control.close()
            self._control = None
        if self.process:
            try:
                self.process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
