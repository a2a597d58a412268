"""The web page: what browsers get, and what it loads."""

__all__ = ()
