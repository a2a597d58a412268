"""HTTP: the service on the wire."""
