"""A site behind a real nginx: the second sync sends conditional requests, and nothing else."""

import os
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from faults import NIGHTLY

from citespan.index import Corpus
from citespan.index.reading import FileReader
from citespan.qa.sources import Definition, SyncReport, open_source, rules_of, sync
from citespan.qa.sources.guard import Outgoing

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not here")
_PAGES = 500 if NIGHTLY else 40
_CONFIG = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{ worker_connections 64; }}
http {{
    log_format short '$uri $status'; access_log {folder}/access.log short;
    types {{ text/plain txt; text/xml xml; }}
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; root {folder}/site; }}
}}
"""


class Nginx:
    """Its address, its files and what it logged."""

    def __init__(self, folder: Path, port: int) -> None:
        self.address, self._log = f"http://127.0.0.1:{port}", folder / "access.log"
        self.root = folder / "site"
        self.root.mkdir()

    def publish(self, numbers: range) -> None:
        places = "".join(f"<url><loc>{self.address}/{n}.txt</loc></url>" for n in numbers)
        (self.root / "sitemap.xml").write_text(f"<urlset>{places}</urlset>")
        for number in numbers:
            page = self.root / f"{number}.txt"
            if not page.exists():
                page.write_text(f"Lever {number} opens gate {number}.")

    def statuses(self) -> Counter[str]:
        """Return how often pages were sent with each status since the last call."""
        httpx.get(f"{self.address}/end")  # a line is written after its response
        while "/end" not in self._log.read_text():
            time.sleep(0.01)
        lines = self._log.read_text().splitlines()
        self._log.write_text("")
        return Counter(line.split()[1] for line in lines if ".txt" in line and "robots" not in line)


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    """Serve a folder on a socket that is open already, so that no port has to be guessed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)  # as nginx leaves it to the next one
        port = listener.getsockname()[1]
        site = Nginx(tmp_path, port)
        user = "user root;" if os.geteuid() == 0 else ""
        config = _CONFIG.format(folder=tmp_path, port=port, user=user)
        (tmp_path / "nginx.conf").write_text(config)
        running = subprocess.Popen(
            ["nginx", "-p", str(tmp_path), "-c", "nginx.conf"],
            pass_fds=[listener.fileno()],
            env=os.environ | {"NGINX": f"{listener.fileno()};"},
            stderr=subprocess.DEVNULL,
        )
        try:
            while not (tmp_path / "nginx.pid").exists():
                assert running.poll() is None, (tmp_path / "error.log").read_text()
                time.sleep(0.01)
            yield site
        finally:
            running.terminate()
            running.wait()


def synced(corpus: Corpus, nginx: Nginx) -> SyncReport:
    here = Outgoing(networks=(ip_network("127.0.0.1/32"),))
    definition = Definition(
        name="site", kind="sitemap", address=f"{nginx.address}/sitemap.xml", exclude=("robots.txt",)
    )
    with open_source(definition, here, Path("unused")) as source:
        return sync(corpus, "site", source, rules_of(definition), files=FileReader())


def test_a_site_is_followed_with_few_requests(corpus: Corpus, nginx: Nginx) -> None:
    nginx.publish(range(_PAGES))
    report = synced(corpus, nginx)
    assert report.in_step, report.problem
    assert nginx.statuses() == {"200": _PAGES}
    assert synced(corpus, nginx).outcomes == {"unchanged": _PAGES}
    assert nginx.statuses() == {"304": _PAGES}
    (nginx.root / "3.txt").write_text("Lever 3 opens no gate any longer.")
    nginx.publish(range(1, _PAGES + 1))
    assert synced(corpus, nginx).outcomes == {
        "unchanged": _PAGES - 2, "added": 1, "replaced": 1, "removed": 1,
    }  # fmt: skip
    assert nginx.statuses() == {"304": _PAGES - 2, "200": 2}
    assert corpus.counts()[0] == _PAGES
    shutil.move(nginx.root / "sitemap.xml", nginx.root / "sitemap.old")
    assert "not there" in (synced(corpus, nginx).problem or "")
    assert corpus.counts()[0] == _PAGES
