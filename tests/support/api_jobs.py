"""Fixtures and helpers that the tests of jobs share."""

import json
from typing import Any

import httpx
from api_client import Client

EVENTS = {"accept": "text/event-stream"}


def events(client: Client, url: str) -> list[tuple[str, dict[str, Any]]]:
    """Return all events of a job; reading them waits until the job ends."""
    response = client.get(url, headers=EVENTS)
    assert response.headers["content-type"].startswith("text/event-stream")
    fields = [
        dict(line.split(": ", 1) for line in event.splitlines())
        for event in response.text.replace("\r\n", "\n").split("\n\n")
        if event.startswith("event")
    ]
    return [(field["event"], json.loads(field["data"])) for field in fields]


def finished(client: Client, accepted: httpx.Response) -> dict[str, Any]:
    """Return the job that a request created, once the job has ended."""
    assert accepted.status_code == 202, accepted.text
    kind, job = events(client, accepted.headers["location"])[-1]
    assert kind == "job.done"
    assert job == client.get(accepted.headers["location"]).json()
    return job
