"""Several processes behind one socket: begun, replaced when they die, and ended together.

Each process is a fork of the first one, which only watches. A pair of sockets links them: the
worker says on it that it is ready, and its end tells the worker to stop, even if its parent was
killed.
"""

import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from citespan.api.middleware.telemetry import configure_logging, logger
from citespan.api.server.listening import listen

_LOOK_S = 0.1  # between two looks at the workers
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0  # before a worker is replaced; doubled with each failure
_MOST_FAILURES = 5  # of new workers, one after another, while none is ready
_STOP_S = 5.0  # after the limit of the settings, when a worker has ended itself by force
_READY = b"r"


class ServerWorker:
    """What a process knows of its place among others.

    Args:
        number: from 1 on.
        listener: the socket that all workers listen on.
        first: whether no other one was ever ready, so that this one answers while it starts.
        link: ends with the parent.
    """

    def __init__(
        self, number: int, listener: socket.socket, link: socket.socket, *, first: bool
    ) -> None:
        self.number, self.listener, self.first = number, listener, first
        self.parent = os.getppid()
        self._link = link
        self._stop: Callable[[], None] = _leave
        threading.Thread(target=self._watch, name="parent", daemon=True).start()

    def stops_with(self, stop: Callable[[], None]) -> None:
        """Call `stop`, on another thread, when the parent ends; until then, the process ends."""
        self._stop = stop

    def ready(self) -> None:
        """Tell the parent that this worker answers."""
        try:
            self._link.send(_READY)
        except OSError:
            self._stop()  # the parent is gone, and nobody listens

    def _watch(self) -> None:
        with suppress(OSError):  # which is the end, too
            self._link.recv(1)  # the parent never sends
        self._stop()


def run_workers(
    count: int, host: str, port: int, *, stop_s: float, log_level: str = "INFO"
) -> ServerWorker | int:
    """Listen, and start processes that do what the caller does with what this returns.

    Args:
        count: how many processes.
        host: as for `run_server`.
        port: as for `run_server`.
        stop_s: how long requests may run on after a signal to stop, in seconds.
        log_level: as for `run_server`.

    Returns:
        In each worker, what it is. In this process, the exit code, once all workers have ended.

    Raises:
        CannotListen: the system does not allow it; there are no workers yet.
    """
    listener = listen(host, port)
    configure_logging(level=log_level)
    outcome = Workers(count, listener, stop_s + _STOP_S).run()
    if isinstance(outcome, int):
        listener.close()
    return outcome


@dataclass(slots=True, kw_only=True)
class _Child:
    pid: int
    link: socket.socket
    ready: bool = False


class Workers:
    """The workers of one socket, as their parent sees them.

    Args:
        count: how many, at least 1.
        listener: the socket; each worker inherits it.
        stop_s: how long the workers may take to stop, in seconds.
    """

    def __init__(self, count: int, listener: socket.socket, stop_s: float) -> None:
        self._listener, self._stop_s = listener, stop_s
        self._others = range(2, count + 1)
        self._children: dict[int, _Child] = {}
        self._due = {1: 0.0}  # workers to start, and when, by the monotonic clock
        self._failures = 0
        self._served = False
        self._signals = 0

    def run(self) -> ServerWorker | int:
        """Return in each worker what it is, and in the parent its exit code, at the end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._noted)
        code = 0
        while not self._signals and not code:
            for number in [one for one, at in self._due.items() if at <= time.monotonic()]:
                if (worker := self._start(number)) is not None:
                    return worker
            self._hear()
            code = self._look()
        self._end()
        return code

    def _noted(self, received: int, _: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1:  # as of one process: requests that still run are ended
            for child in list(self._children.values()):
                with suppress(ProcessLookupError):  # it has just ended
                    os.kill(child.pid, received)

    def _start(self, number: int) -> ServerWorker | None:
        """Fork; return None in the parent."""
        del self._due[number]
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            for one in (signal.SIGTERM, signal.SIGINT):
                signal.signal(one, signal.SIG_DFL)
            for child in self._children.values():
                child.link.close()
            ours.close()
            return ServerWorker(number, self._listener, theirs, first=not self._served)
        theirs.close()
        self._children[number] = _Child(pid=pid, link=ours)
        return None

    def _hear(self) -> None:
        """Note which workers are ready, for a moment; with the first one, the others are due."""
        starting = {one.link: one for one in self._children.values() if not one.ready}
        readable, _, _ = select.select(list(starting), [], [], _LOOK_S)
        for link in readable:
            if link.recv(1) == _READY:
                starting[link].ready, self._failures = True, 0
                if not self._served:
                    self._served = True
                    self._due |= dict.fromkeys(self._others, 0.0)

    def _look(self) -> int:
        """Plan the replacement of workers that have ended; return a code if there is no point."""
        for number, child in list(self._children.items()):
            ended, status = os.waitpid(child.pid, os.WNOHANG)
            if not ended:
                continue
            code = os.waitstatus_to_exitcode(status)
            self._children.pop(number).link.close()
            if not self._served:
                return code if code > 0 else 1
            self._failures += not child.ready
            if self._failures >= _MOST_FAILURES and not any(
                one.ready for one in self._children.values()
            ):
                logger().error("workers_failed", failures=self._failures)
                return 1
            pause_s = min(_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S)
            self._due[number] = time.monotonic() + pause_s
            logger().warning(
                "worker_ended", worker=number, pid=child.pid, code=code, again_in_s=pause_s
            )
        return 0

    def _end(self) -> None:
        """Tell the workers to stop, and wait for them."""
        for child in self._children.values():
            child.link.shutdown(socket.SHUT_RDWR)
        until = time.monotonic() + self._stop_s
        while self._children:
            for number, child in list(self._children.items()):
                if os.waitpid(child.pid, os.WNOHANG) != (0, 0):
                    del self._children[number]
                elif time.monotonic() > until:
                    os.kill(child.pid, signal.SIGKILL)
            time.sleep(_LOOK_S / 2)


def _leave() -> None:
    os._exit(0)  # nothing was acknowledged yet
