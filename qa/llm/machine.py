"""Which services run on this machine, so that no proxy stands before them."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def on_this_machine(url: str) -> bool:
    """Return whether a URL names this machine, which a proxy would take for its own."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
