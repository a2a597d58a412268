"""API keys: what they open, what is kept of them, and how commands change them."""

import json
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from api_client import Client, problem
from click.testing import CliRunner
from faults import use_words
from litestar.testing import TestClient

from citespan.api.access import Gate, KeyFile, Keyring, Role, attempts, keyring
from citespan.api.access.keys import Key, digest, stamp
from citespan.api.middleware.callers import address_of
from citespan.api.middleware.origins import Origins
from citespan.api.server.app import create_app
from citespan.api.server.listening import NoKeys
from citespan.api.server.process import run_server
from citespan.commands import cli
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections
from citespan.qa.errors import ConfigError

PAGE = "https://www.example.org"
WRONG = "csk_abcdefghij_" + "0" * 64


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collections]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("data")
        environ = use_words(patch) | {"CITESPAN_DATA__PATH": str(folder)}
        with Collections.open(load_settings(environ=environ)) as opened:
            yield opened


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyFile:
    monkeypatch.setattr(keyring, "_LOOK_S", 0.0)
    return KeyFile(tmp_path)


@pytest.fixture
def serve(collections: Collections, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Serve with the keys of the file, however they are at the moment."""
    opened: list[Client] = []

    def start(**more: Any) -> Client:
        client = TestClient(create_app(collections, gate=Gate(Keyring(tmp_path)), **more))
        opened.append(client.__enter__())
        return client

    yield start
    for client in opened:
        client.__exit__()


def get(client: Client, key: str = "", path: str = "/v1/collections", **headers: str) -> Any:
    sent = headers | ({"authorization": f"Bearer {key}"} if key else {})
    return client.get(path, headers=sent)


def invoke(folder: Path, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli, ["--data", str(folder), "keys", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


class TestKeys:
    def test_without_keys_all_is_open_until_there_is_one(
        self, serve: Callable[..., Client], file: KeyFile
    ) -> None:
        client = serve()
        assert get(client, "none").status_code == 200
        key = invoke(file.path.parent, "create", "ops", "--role", "admin").strip()
        problem(get(client), 401, "invalid-api-key")
        assert get(client, key).status_code == 200
        assert get(client, "", **{"x-api-key": key}).status_code == 200

    def test_it_ends_when_it_is_revoked_and_nothing_is_open_again(
        self, serve: Callable[..., Client], file: KeyFile
    ) -> None:
        made, key = file.create("ops", Role.ASK)
        client = serve()
        assert get(client, key).status_code == 200
        invoke(file.path.parent, "revoke", made.id)
        problem(get(client, key), 401, "invalid-api-key")
        problem(get(client), 401, "invalid-api-key")
        written = (file.path.parent / "audit.jsonl").read_text("utf-8")
        (entry,) = map(json.loads, written.splitlines())
        assert (entry["action"], entry["target"]) == ("key.revoke", made.id)
        file.path.unlink()
        problem(get(client), 401, "invalid-api-key")

    def test_a_rotation_keeps_the_id_and_the_former_secret_for_a_while(
        self, serve: Callable[..., Client], file: KeyFile
    ) -> None:
        made, first = file.create("ops", Role.ASK)
        second = invoke(file.path.parent, "rotate", made.id, "--keep-old", "1h").strip()
        client = serve()
        assert second.startswith(made.id)
        assert [get(client, key).status_code for key in (first, second)] == [200, 200]
        third = invoke(file.path.parent, "rotate", made.id).strip()
        assert [get(client, key).status_code for key in (first, second, third)] == [401, 401, 200]

    def test_an_expired_one_opens_nothing(self) -> None:
        now = datetime.now(UTC)
        key = Key(
            id="csk_abcdefghij", name="x", role=Role.ASK, hash=digest("s"), created_at=stamp(now),
            expires_at=stamp(now + timedelta(hours=1)),
        )  # fmt: skip
        assert key.opens("s", now)
        assert not key.opens("t", now)
        assert not key.opens("s", now + timedelta(hours=1))
        assert key.state(now + timedelta(hours=2)) == "expired"

    def test_the_secret_is_kept_nowhere(self, file: KeyFile) -> None:
        made, key = file.create("ops", Role.ADMIN)
        secret = key.removeprefix(f"{made.id}_")
        kept = file.path.read_text()
        assert len(secret) == 64
        assert secret not in kept
        assert made.id in kept
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        assert secret not in invoke(file.path.parent, "list", "--json")

    def test_its_last_use_is_recorded(self, serve: Callable[..., Client], file: KeyFile) -> None:
        made, key = file.create("ops", Role.ASK)
        ring = Keyring(file.path.parent)
        assert ring.find(key) == made
        ring.note()
        (listed,) = json.loads(invoke(file.path.parent, "list", "--json"))["keys"]
        assert datetime.now(UTC) - datetime.fromisoformat(listed["last_used_at"]) < timedelta(1)

    def test_many_processes_lose_no_key(self, file: KeyFile) -> None:
        def make() -> None:
            for _ in range(5):
                KeyFile(file.path.parent).create("x", Role.ASK)

        threads = [threading.Thread(target=make) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len({one.id for one in file.read()}) == 20

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            (["--origin", PAGE], "names its collections"),
            (["--origin", PAGE, "--in", "docs", "--role", "write"], "has the role ask"),
            (["--origin", "www.example.org", "--in", "docs"], "write each origin like"),
            (["--questions-per-minute", "5"], "only a publishable key"),
            (["--role", "scrape", "--in", "docs"], "reads only metrics"),
            (["--role", "admin", "--group", "hr"], "needs no groups"),
            (["--expires", "soon"], "write it like 30m"),
        ],
    )
    def test_one_that_cannot_be_is_refused(
        self, tmp_path: Path, arguments: list[str], why: str
    ) -> None:
        result = CliRunner().invoke(
            cli, ["--data", str(tmp_path), "keys", "create", "x", *arguments]
        )
        assert result.exit_code == 2
        assert why in result.stderr
        assert KeyFile(tmp_path).read() == ()

    def test_a_damaged_file_opens_nothing(
        self, serve: Callable[..., Client], file: KeyFile
    ) -> None:
        client = serve()
        file.path.write_text('{"version": 1, "keys": [')
        problem(get(client), 401, "invalid-api-key")
        with pytest.raises(ConfigError, match="are damaged"):
            Keyring(file.path.parent)


class TestGate:
    def test_a_missing_and_a_wrong_key_say_how_to_mend_it(
        self, serve: Callable[..., Client], file: KeyFile
    ) -> None:
        file.create("ops", Role.ASK)
        client = serve()
        missing, wrong = get(client), get(client, WRONG)
        assert missing.headers["www-authenticate"] == 'Bearer realm="citespan"'
        assert wrong.headers["www-authenticate"].endswith('error="invalid_token"')
        assert problem(wrong, 401)["detail"] != problem(missing, 401)["detail"]

    def test_openai_clients_get_their_shape(
        self, serve: Callable[..., Client], file: KeyFile
    ) -> None:
        key = file.create("ops", Role.ASK, collections=("docs",))[1]
        client = serve()
        refused = client.get("/v1/models", headers={"authorization": "Bearer none"})
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "invalid_api_key"
        assert refused.json()["error"]["type"] == "authentication_error"
        asked = {"model": "citespan/default", "messages": [{"role": "user", "content": "Hi?"}]}
        headers = {"authorization": f"Bearer {key}"}
        hidden = client.post("/v1/chat/completions", json=asked, headers=headers)
        asked["model"] = "citespan/nothing"
        absent = client.post("/v1/chat/completions", json=asked, headers=headers)
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json()["error"]["code"] == absent.json()["error"]["code"]

    def test_guessing_is_slowed_and_a_valid_key_is_not(
        self, serve: Callable[..., Client], file: KeyFile
    ) -> None:
        key = file.create("ops", Role.ASK)[1]
        client = serve()
        statuses = [get(client, WRONG).status_code for _ in range(25)]
        assert statuses == [401] * 20 + [429] * 5
        slowed = get(client, WRONG)
        assert 1 <= int(slowed.headers["retry-after"]) <= 60
        problem(slowed, 429, "too-often")
        assert get(client, key).status_code == 200

    def test_it_remembers_only_so_many_addresses(self) -> None:
        windows = attempts.Windows()
        for number in range(attempts.KEPT + 100):
            windows.count(str(number), 10, "x")
        assert len(windows) == attempts.KEPT

    def test_one_network_counts_as_one_client(self) -> None:
        def address(client: tuple[str, int] | None) -> str:
            return address_of(cast("Any", {"client": client}))

        assert address(("2001:db8:0:1::5", 1)) == address(("2001:db8:0:1:ffff::9", 2))
        assert address(("::ffff:10.0.0.1", 1)) == "10.0.0.1"
        assert address(None) == ""

    def test_probes_need_no_key_and_learn_no_names(
        self, serve: Callable[..., Client], file: KeyFile
    ) -> None:
        key = file.create("ops", Role.ADMIN)[1]
        client = serve()
        assert client.get("/health/ready").json()["collections"] == []
        assert get(client, key, "/health/ready").json()["collections"] == ["default"]


class TestPublishableKeys:
    @pytest.fixture
    def key(self, file: KeyFile) -> str:
        return file.create(
            "site", Role.ASK, collections=("default",), origins=(PAGE,), per_minute=3
        )[1]

    def ask(self, client: Client, key: str, origin: str | None) -> Any:
        headers = {"authorization": f"Bearer {key}"} | ({"origin": origin} if origin else {})
        return client.post("/v1/ask", json={"question": "Who is it?"}, headers=headers)

    def test_it_works_on_its_own_pages_only(self, serve: Callable[..., Client], key: str) -> None:
        client = serve()
        answered = self.ask(client, key, PAGE)
        assert answered.status_code == 200
        assert answered.headers["access-control-allow-origin"] == PAGE
        problem(self.ask(client, key, "https://other.example"), 403)
        problem(self.ask(client, key, None), 403, "forbidden")
        assert get(client, key, "/v1/documents").status_code == 200  # as the reader does

    def test_its_origins_need_no_setting(self, serve: Callable[..., Client], key: str) -> None:
        client = serve(origins=Origins.of("https://third.example"))
        wanted = {"access-control-request-method": "POST"}
        for origin, allowed in ((PAGE, PAGE), ("https://other.example", None)):
            told = client.options("/v1/ask", headers={"origin": origin, **wanted}).headers
            assert told.get("access-control-allow-origin") == allowed
            assert ("authorization" in told.get("access-control-allow-headers", "")) is bool(
                allowed
            )

    def test_it_asks_only_so_often(self, serve: Callable[..., Client], key: str) -> None:
        client = serve()
        statuses = [self.ask(client, key, PAGE).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]

    def test_it_writes_nothing(self, serve: Callable[..., Client], key: str) -> None:
        headers = {"authorization": f"Bearer {key}"}
        stored = serve().post("/v1/documents", json={"text": "x"}, headers=headers)
        problem(stored, 403, "forbidden")


class TestListening:
    def test_other_machines_need_a_key(self, tmp_path: Path) -> None:
        def never() -> Collections:
            raise AssertionError("it must not start")

        with pytest.raises(NoKeys, match="citespan keys create"):
            run_server(never, "0.0.0.0", 0, gate=Gate(Keyring(tmp_path)))  # noqa: S104

    def test_with_a_key_or_by_plain_words_they_are_let_in(self, tmp_path: Path) -> None:
        class Started(Exception):
            pass

        def listening(url: str) -> None:
            raise Started(url)

        def never() -> Collections:
            raise AssertionError("it must not start")

        with pytest.raises(Started):
            run_server(never, "0.0.0.0", 0, open_to_all=True, on_listening=listening)  # noqa: S104
        KeyFile(tmp_path).create("ops", Role.ADMIN)
        gate = Gate(Keyring(tmp_path))
        with pytest.raises(Started):
            run_server(never, "0.0.0.0", 0, gate=gate, on_listening=listening)  # noqa: S104
