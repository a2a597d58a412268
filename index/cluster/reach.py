"""Ray, started on this machine or reached on another one."""

import logging
import os
import secrets
import socket
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from citespan.index.errors import ClusterUnavailable

HERE = "ray"
_SCHEME = "ray"
_REACH_S = 10.0
_WHAT = "name Ray as `ray`, which starts it on this machine, or as ray://HOST:10001"


@contextmanager
def ray_at(address: str) -> Generator[Any]:
    """Yield the module `ray`, connected; leaving the context disconnects, and ends a Ray of ours.

    Args:
        address: `ray`, to start Ray on this machine for this process only, or `ray://HOST:PORT`.

    Raises:
        ClusterUnavailable: Ray is not installed, or cannot be reached or started.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # Ray reads these when it is imported
    if address != HERE:
        _check_reachable(address)
    else:  # Ray listens on all addresses: nobody without this token may ask it for anything
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    try:
        ray = import_module("ray")  # untyped
    except ImportError as error:
        raise ClusterUnavailable(
            "this needs the package ray; install it: pip install 'citespan[ray]'"
        ) from error
    try:
        _connect(ray, address)
    except Exception as error:  # Ray raises bare ones, too
        ray.shutdown()
        raise ClusterUnavailable(f"cannot use Ray at {address}: {_said(error)}") from error
    try:
        with redirect_stdout(sys.stderr):  # Ray prints there when a worker has died
            yield ray
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    logging.getLogger("ray").setLevel(logging.CRITICAL)  # what fails is raised, too
    if address != HERE:
        with warnings.catch_warnings(action="ignore"):
            ray.init(address, **quiet)
        return
    ray.init("local", include_dashboard=False, **quiet)


def _check_reachable(address: str) -> None:
    """Check that something listens there, as Ray itself would try for half a minute.

    Raises:
        ClusterUnavailable: nothing does, or it is no address.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port if parts.scheme == _SCHEME else None
    except ValueError:
        host = port = None
    if not host or not port:
        raise ClusterUnavailable(f"{address} is no address of Ray; {_WHAT}")
    try:
        socket.create_connection((host, port), _REACH_S).close()
    except OSError as error:
        raise ClusterUnavailable(
            f"nothing answers at {address} ({error.strerror or error}); start Ray there with"
            " `ray start --head --ray-client-server-port 10001`"
        ) from error


def last_line(error: Exception) -> str:
    """Return what an error of Ray comes down to, which stands below the traces of its processes."""
    return (str(error).strip() or type(error).__name__).splitlines()[-1].strip()


def _said(error: Exception) -> str:
    said = last_line(error)
    if "timeout" in said:  # what Ray says of a wrong token, too
        said += "; if it asks for a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN"
    return said
