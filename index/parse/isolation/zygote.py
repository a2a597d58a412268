"""The process that readers are forked from.

`python -m citespan.index.parse.isolation.zygote SOCKET` imports the readers and nothing heavy, so a
reader starts within milliseconds. It never looks at a file. The parent sends it, for each file,
three descriptors: the file, the pipe of the answer and a socket for the end of the process. It
ends a process whose socket the parent has closed, and itself when the parent is gone.
"""

import ctypes
import gc
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress

import msgspec

from citespan.index.parse.formats import preload_readers
from citespan.index.parse.isolation import child
from citespan.index.parse.isolation.outcome import Ended

_DIES_WITH_PARENT, _DUMPABLE = 1, 4  # of prctl
_LOOK_S = 1.0  # how often the zygote looks whether its parent lives


def main() -> None:
    """Serve the parent until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to end
    preload_readers()
    gc.collect()
    gc.freeze()  # the collector does not write into pages that are shared with children
    Zygote(socket.socket(fileno=int(sys.argv[1]))).serve()


class Zygote:
    """The loop; `_running` maps the process of each file to the socket for its end."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._parent = os.getppid()
        self._running: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._wake, wakened = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wakened, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _ignore)
        self._selector.register(self._wake, selectors.EVENT_READ)

    def serve(self) -> None:
        """Fork, reap and kill until the parent is gone."""
        while os.getppid() == self._parent:
            for key, _ in self._selector.select(_LOOK_S):
                if key.fileobj is self._control:
                    if not self._accept():
                        self._end_all()
                        return
                elif key.fileobj == self._wake:
                    os.read(self._wake, 4096)
                else:
                    self._kill(key.data)
            self._reap()
        self._end_all()

    def _accept(self) -> bool:
        """Start the process of a file; false if the parent is gone."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 1, 3)
        except ConnectionError:
            return False
        if not message:
            return False
        source, answer, end = descriptors
        pid = os.fork()
        if pid == 0:
            _become_reader(source, answer)
        os.close(source)
        os.close(answer)
        self._running[pid] = socket.socket(fileno=end)
        self._selector.register(self._running[pid], selectors.EVENT_READ, pid)
        return True

    def _kill(self, pid: int) -> None:
        """End a process that the parent has given up; `_reap` reports it."""
        self._selector.unregister(self._running[pid])
        _end(pid)

    def _reap(self) -> None:
        while self._running:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            end = self._running.pop(pid)
            if end.fileno() in self._selector.get_map():
                self._selector.unregister(end)
            kilobyte = 1 if sys.platform == "darwin" else 1024
            ended = Ended(status, used.ru_maxrss * kilobyte, used.ru_utime + used.ru_stime)
            with suppress(OSError):  # the parent may no longer wait
                end.sendall(msgspec.msgpack.encode(ended))
            end.close()

    def _end_all(self) -> None:
        for pid in self._running:
            _end(pid)


def _ignore(number: int, frame: object) -> None:
    """Do nothing: the signal itself wakes the loop."""


def _end(pid: int) -> None:
    """Kill a process that is not reaped yet, and all of its group."""
    for kill in (os.killpg, os.kill):  # before `setpgrp`, it has no group of its own
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _become_reader(source: int, answer: int) -> None:
    """Run the reader in this fresh process, and never return."""
    status = 1
    try:
        os.setpgrp()
        if sys.platform == "linux":
            libc = ctypes.CDLL(None)
            libc.prctl(_DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
            libc.prctl(_DUMPABLE, 0, 0, 0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        source, answer = os.dup(source), os.dup(answer)  # both above the two that they become
        os.dup2(source, child.SOURCE)
        os.dup2(answer, child.ANSWER)
        os.dup2(1, 2)  # what libraries print goes nowhere
        os.closerange(child.ANSWER + 1, 4096)
        child.run()
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
