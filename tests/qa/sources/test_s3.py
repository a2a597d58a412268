"""Object stores as S3 has them: a real server of moto, which checks who asks.

Its packages have 90 MB, so that they are no part of the extra `dev`:
`pip install 's3fs' 'moto[s3,server]'`, then `pytest -n 0 tests/qa/sources/test_s3.py`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from faults import text_of

from citespan.index import Corpus
from citespan.index.reading import FileReader
from citespan.qa.sources import Definition, SyncReport, open_source, rules_of, sync
from citespan.qa.sources.guard import Outgoing

pytest.importorskip("s3fs", reason="s3fs is not here")
moto: Any = pytest.importorskip("moto.server", reason="moto is not here")
boto3: Any = pytest.importorskip("boto3", reason="boto3 is not here")

_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


class Bucket:
    """A bucket, the key that may read it, and its owner's ways to change it."""

    def __init__(self, url: str) -> None:
        self._url = url
        own = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
        self.options(**own)
        users = boto3.client("iam", endpoint_url=url, region_name="us-east-1", **own)
        users.create_user(UserName="reader")
        users.put_user_policy(UserName="reader", PolicyName="all", PolicyDocument=json.dumps(_ALL))
        made = users.create_access_key(UserName="reader")["AccessKey"]
        self._key, self._secret = made["AccessKeyId"], made["SecretAccessKey"]
        self._files = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1",
            aws_access_key_id=self._key, aws_secret_access_key=self._secret,
        )  # fmt: skip
        self._files.create_bucket(Bucket="docs")
        self.check(0)

    def check(self, unchecked: int | None) -> None:
        """Check who asks, after some requests; None to let everyone in."""
        count = b"Infinity" if unchecked is None else str(unchecked).encode()
        httpx.post(f"{self._url}/moto-api/reset-auth", content=count).raise_for_status()

    def options(self, **given: str) -> str:
        """Return the secret of the source."""
        return json.dumps({"client_kwargs": {"endpoint_url": self._url}, **given})

    @property
    def secret(self) -> str:
        return self.options(key=self._key, secret=self._secret)

    def put(self, name: str, text: str) -> None:
        self._files.put_object(Bucket="docs", Key=name, Body=text.encode())

    def delete(self, name: str) -> None:
        self._files.delete_object(Bucket="docs", Key=name)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield Bucket(f"http://{host}:{port}")
    finally:
        httpx.post(f"http://{host}:{port}/moto-api/reset-auth", content=b"Infinity")
        httpx.post(f"http://{host}:{port}/moto-api/reset")
        server.stop()


def synced(corpus: Corpus, secret: str, **more: Any) -> SyncReport:
    outgoing = Outgoing(protocols=frozenset({"s3"}), secrets={"docs": secret}, **more)
    definition = Definition(
        name="docs", kind="store", address="s3://docs/guide", include=("*.txt",)
    )
    with open_source(definition, outgoing, Path("unused")) as source:
        return sync(corpus, "docs", source, rules_of(definition), files=FileReader())


def test_objects_come_change_and_go(corpus: Corpus, bucket: Bucket) -> None:
    for number in range(4):
        bucket.put(f"guide/part {number}/ü.txt", text_of(number))
    bucket.put("guide/plan.bin", "not taken")
    bucket.put("other/5.txt", text_of(5))
    report = synced(corpus, bucket.secret)
    assert report.in_step, report.problem
    assert report.outcomes == {"added": 4}
    assert {info.uri for info in corpus.documents().documents} == {
        f"s3://docs/guide/part {number}/ü.txt" for number in range(4)
    }
    assert synced(corpus, bucket.secret).outcomes == {"unchanged": 4}
    bucket.put("guide/part 0/ü.txt", text_of(10))
    bucket.put("guide/new.txt", text_of(1))
    bucket.delete("guide/part 1/ü.txt")
    bucket.delete("guide/part 2/ü.txt")
    assert synced(corpus, bucket.secret).outcomes == {
        "unchanged": 1, "replaced": 1, "moved": 1, "removed": 1,
    }  # fmt: skip


def test_who_may_not_read_and_what_is_cut_deletes_nothing(corpus: Corpus, bucket: Bucket) -> None:
    for number in range(3):
        bucket.put(f"guide/{number}.txt", text_of(number))
    assert synced(corpus, bucket.secret).in_step
    wrong = bucket.options(key="AKIAIOSFODNN7EXAMPLE", secret="wrong")  # noqa: S106
    assert "cannot be listed" in (synced(corpus, wrong).problem or "")
    assert "cannot be listed" in (synced(corpus, bucket.options()).problem or "")
    assert "more than 2 files" in (synced(corpus, bucket.secret, max_entries=2).problem or "")
    for number in range(3):
        bucket.delete(f"guide/{number}.txt")
    assert "nothing at" in (synced(corpus, bucket.secret).problem or "")
    assert corpus.counts()[0] == 3
