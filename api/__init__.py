"""HTTP: the service on the wire."""

from api.app import create_app
from api.server import CannotListen, PortInUse, run_server
from api.telemetry import configure_logging

__all__ = ("CannotListen", "PortInUse", "configure_logging", "create_app", "run_server")
