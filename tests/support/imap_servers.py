"""Mail servers that answer IMAP over TLS: dovecot, and pymap in this process."""

import asyncio
import importlib
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

USER, PASSWORD = "reader", "s3cret:ü"
_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
mail_location = maildir:{folder}/mail
ssl = required
ssl_cert = <{folder}/tls.pem
ssl_key = <{folder}/tls.key
first_valid_uid = 1
auth_failure_delay = 0
passdb {{
    driver = static
    args = password={password}
}}
userdb {{
    driver = static
    args = uid=nobody gid=nogroup home={folder}/mail
}}
service imap-login {{
    inet_listener imap {{
        port = 0
    }}
    inet_listener imaps {{
        port = {port}
        ssl = yes
    }}
}}
service anvil {{
    unix_listener anvil-auth-penalty {{
        mode = 0
    }}
}}
service stats {{
    unix_listener stats-writer {{
        mode = 0666
    }}
}}
"""


class _Words(Namespace):
    """Arguments of pymap's command line, all others not given."""

    def __getattr__(self, name: str) -> None:
        return None


@contextmanager
def dovecot(folder: Path) -> Generator[int]:
    """Run dovecot, and yield its port. The folder holds `tls.pem` and `tls.key`."""
    if shutil.which("dovecot") is None or os.geteuid():
        pytest.skip("dovecot is not here, or is not run as root")
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "nobody", "nogroup")
    folder.chmod(0o755)
    with socket.socket() as held:  # so that no other process gets the port
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        config = folder / "dovecot.conf"
        config.write_text(_DOVECOT.format(folder=folder, port=port, password=PASSWORD))
        with subprocess.Popen(["dovecot", "-F", "-c", str(config)]) as running:
            try:
                _wait_for(port, running)
                yield port
            finally:
                running.terminate()


@contextmanager
def pymap(folder: Path) -> Generator[int]:
    """Run pymap in a thread, and yield its port. The folder holds `tls.pem` and `tls.key`."""
    try:
        backend: Any = importlib.import_module("pymap.backend.dict").DictBackend
        server: Any = importlib.import_module("pymap.imap").IMAPServer
        reader: Any = importlib.import_module("proxyprotocol.reader").ProxyProtocolReader
    except ImportError as error:
        pytest.skip(f"pymap is not here: {error}")
    words = _Words(
        demo_user=USER, demo_password=PASSWORD, demo_data=False, debug=False, tls=False, port="0"
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "tls.pem", folder / "tls.key")

    async def serve(said: Callable[[int], None], ended: asyncio.Event) -> None:
        made, config = await backend.init(words)
        config.apply_context()
        answer = reader(config.proxy_protocol).get_callback(server(made.login, config))
        listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
        async with listening:
            said(listening.sockets[0].getsockname()[1])
            await ended.wait()

    with _in_thread(serve) as port:
        yield port


@contextmanager
def _in_thread(serve: Callable[[Callable[[int], None], asyncio.Event], Any]) -> Generator[int]:
    ready, ports = threading.Event(), list[int]()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        ended = asyncio.Event()
        ends.append((asyncio.get_running_loop(), ended))

        def said(port: int) -> None:
            ports.append(port)
            ready.set()

        try:
            await serve(said, ended)
        finally:
            ready.set()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    ready.wait()
    try:
        yield ports[0]
    finally:
        loop, ended = ends[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join()


def _wait_for(port: int, running: "subprocess.Popen[bytes]") -> None:
    while True:
        assert running.poll() is None, "dovecot does not start"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.01)
        else:
            return
