"""A real nginx before a server, with a path and TLS of its own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAME, PREFIX = "docs.example.org", "/ask"
needs_nginx = [
    pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not here")
    for tool in ("nginx", "openssl")
]
_CONFIG = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {servers}
}}
"""
_SERVER = """
    server {{
        listen unix:{folder}/nginx.sock ssl; listen 127.0.0.1:{port} ssl; server_name {name};
        ssl_certificate {folder}/tls.pem; ssl_certificate_key {folder}/tls.key;
        client_max_body_size 30m;
        location {prefix}/ {{
            proxy_pass {url}/;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Prefix {prefix};
            proxy_set_header X-Forwarded-For 192.0.2.7;
        }}
    }}
"""


def certificate(folder: Path) -> Path:
    """Make a certificate for the name, and for this machine's address."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext",
         f"subjectAltName=DNS:{NAME},IP:127.0.0.1", "-keyout", "tls.key", "-out", "tls.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder / "tls.pem"


@contextmanager
def nginx(folder: Path, url: str) -> Generator[str]:
    """Start nginx before a server, and yield its address; `nginx.sock` in the folder is it, too.

    The port is bound here, so that nobody else can take it: nginx inherits it, as from an older
    nginx that it replaces.
    """
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        server = _SERVER.format(folder=folder, name=NAME, prefix=PREFIX, url=url, port=port)
        with nginx_with(folder, server, bound):
            yield f"https://127.0.0.1:{port}{PREFIX}"


@contextmanager
def nginx_with(folder: Path, servers: str, bound: socket.socket | None = None) -> Generator[None]:
    """Start nginx with servers, one of which listens at `nginx.sock` in the folder.

    It inherits a socket that is bound.
    """
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, user=user, servers=servers))
    inherited = [bound.fileno()] if bound else []
    process = subprocess.Popen(
        ["nginx", "-c", str(config), "-p", str(folder)],
        env=os.environ | {"NGINX": "".join(f"{number};" for number in inherited)},
        pass_fds=inherited,
    )
    try:
        while not (folder / "nginx.sock").exists():
            assert process.poll() is None
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)
