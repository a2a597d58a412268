"""Values of settings in files, as containers and services get their secrets."""

import sys
from pathlib import Path

import pytest

from citespan.qa import load_settings
from citespan.qa.errors import ConfigError

KEY = "CITESPAN_LLM__API_KEY"


def load(**environ: str) -> str:
    return load_settings(environ=environ).llm.api_key


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_line_ends_at_the_end_do_not_count(tmp_path: Path, end: str) -> None:
    (tmp_path / "key").write_bytes(f" sk-ä b\n2 {end}".encode())
    assert load(**{f"{KEY}_FILE": str(tmp_path / "key")}) == " sk-ä b\n2 "


def test_the_value_of_any_key_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("9000\n")
    environ = {"CITESPAN_SERVE__PORT_FILE": str(tmp_path / "port")}
    assert load_settings(environ=environ).serve.port == 9000
    flags = {"serve": {"port": 9001}}
    assert load_settings(environ=environ, flags=flags).serve.port == 9001
    (tmp_path / "port").write_text("many")
    with pytest.raises(ConfigError, match=r"serve\.port"):
        load_settings(environ=environ)


def test_a_value_and_a_file_together_are_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("one")
    with pytest.raises(ConfigError, match=f"^{KEY} and {KEY}_FILE are both set; set one of them$"):
        load(**{f"{KEY}_FILE": str(tmp_path / "key"), KEY: "other"})
    with pytest.raises(ConfigError, match=f"{KEY} and {KEY}_FILE are both set"):
        load(**{KEY: "", f"{KEY}_FILE": str(tmp_path / "key")})


def test_a_file_that_cannot_be_read_is_named_with_its_variable(tmp_path: Path) -> None:
    for path, why in (
        (str(tmp_path / "none"), "No such file or directory"),
        (str(tmp_path), "Is a directory"),
        ("", "No such file or directory|Is a directory"),
        ("a\0b", "null byte"),
    ):
        with pytest.raises(ConfigError, match=f"{KEY}_FILE names: .*({why})"):
            load(**{f"{KEY}_FILE": path})
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(**{f"{KEY}_FILE": str(tmp_path / "latin")})
    (tmp_path / "long").write_bytes(b"x" * 65_537)
    with pytest.raises(ConfigError, match="larger than 65536 bytes"):
        load(**{f"{KEY}_FILE": str(tmp_path / "long")})


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/zero")
def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(ConfigError, match="larger than"):
        load(**{f"{KEY}_FILE": "/dev/zero"})


def test_a_file_of_an_unknown_key_is_an_unknown_key() -> None:
    with pytest.raises(ConfigError, match=r"unknown setting llm\.api_kee_file; did you mean"):
        load(CITESPAN_LLM__API_KEE_FILE="/none")
    with pytest.raises(ConfigError, match=r"unknown settings section 'lllm'"):
        load(CITESPAN_LLLM__API_KEY_FILE="/none")


def test_the_secret_is_in_no_message_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-secret\n")
    settings = load_settings(environ={f"{KEY}_FILE": str(tmp_path / "key")})
    assert settings.llm.api_key == "sk-secret"
    assert "sk-secret" not in repr(settings.shown())
