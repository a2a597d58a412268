"""`citespan keys`: make, list and end API keys, also while a server runs."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from citespan.qa import Settings, audit
from citespan.qa.errors import ConfigError
from citespan.qa.terminal import json_flag, print_json, say, tell

_LASTING = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_ONCE = "This is the only time that the key is shown; keep it as you keep a password."
_IN_PAGES = "This key may be in pages of the origins that it names, as data-key of the widget."


def _repeated(flag: str, name: str, metavar: str, what: str) -> Any:
    return click.option(flag, name, metavar=metavar, multiple=True, help=f"{what} Can be repeated.")


@click.group()
def keys() -> None:
    """Make, list and end API keys.

    Once there is a key, the server answers only callers who send one, as
    `Authorization: Bearer` or `X-API-Key`. A running server notices changes within a second.
    """


@keys.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["ask", "write", "admin", "scrape"]),
    default="ask",
    show_default=True,
    help="What the key may do; scrape only reads metrics.",
)
@_repeated("--in", "collections", "NAME", "A collection that the key sees; all by default.")
@_repeated("--group", "groups", "NAME", "A group whose documents the key sees.")
@click.option("--expires", metavar="TIME", help="How long it is valid, such as 12h or 90d.")
@_repeated("--origin", "origins", "URL", "Make a publishable key for pages of this origin.")
@click.option(
    "--questions-per-minute",
    type=click.IntRange(1, 100_000),
    help="Limit of a publishable key [default: 60].",
)
@json_flag
@click.pass_obj
def create(settings: Settings, name: str, questions_per_minute: int | None, **given: Any) -> None:
    """Make a key for NAME, which is for people, and print it once."""
    from citespan.api.access import KeyFile, Role
    from citespan.api.middleware import origins_in

    origins = tuple(origins_in(",".join(given["origins"]), "--origin"))
    key, shown = KeyFile(settings.data_path(), settings.server()).create(
        name,
        Role(given["role"]),
        collections=given["collections"] or None,
        groups=given["groups"],
        lasting=_lasting(given["expires"]) if given["expires"] else None,
        origins=origins,
        per_minute=(questions_per_minute or 60) if origins else questions_per_minute or 0,
    )
    _record(settings, "create", key.id)
    if given["as_json"]:
        print_json({"id": key.id, "key": shown})
        return
    click.echo(shown)
    say(_IN_PAGES if origins else _ONCE)


@keys.command("list")
@json_flag
@click.pass_obj
def list_keys(settings: Settings, *, as_json: bool) -> None:
    """List all keys, without their secrets."""
    from citespan.api.access import KeyFile

    file = KeyFile(settings.data_path(), settings.server())
    used, now = file.used(), datetime.now(UTC)
    found: list[dict[str, Any]] = [
        {
            "id": one.id, "name": one.name, "role": one.role, "state": one.state(now),
            "collections": one.collections, "groups": one.groups, "origins": one.origins,
            "created_at": one.created_at, "expires_at": one.expires_at,
            "last_used_at": used.get(one.id),
        }
        for one in file.read()
    ]  # fmt: skip
    if as_json:
        print_json({"keys": found})
        return
    for one in found:
        seen = "all collections" if one["collections"] is None else ", ".join(one["collections"])
        last = f"last used {one['last_used_at']}" if one["last_used_at"] else "never used"
        tell(f"{one['id']}  {one['role']}, {one['state']}, {seen}, {last}: {one['name']}")


@keys.command()
@click.argument("key_id", metavar="ID")
@click.pass_obj
def revoke(settings: Settings, key_id: str) -> None:
    """End the key ID for good; it stays listed."""
    from citespan.api.access import KeyFile

    key = KeyFile(settings.data_path(), settings.server()).revoke(key_id)
    _record(settings, "revoke", key.id)
    tell(f"revoked {key.id}: {key.name}")


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option("--keep-old", metavar="TIME", help="How long the former secret counts, such as 2h.")
@json_flag
@click.pass_obj
def rotate(settings: Settings, key_id: str, keep_old: str | None, *, as_json: bool) -> None:
    """Give the key ID a new secret, and print the new key once."""
    from citespan.api.access import KeyFile

    overlap = _lasting(keep_old) if keep_old else timedelta()
    key, shown = KeyFile(settings.data_path(), settings.server()).rotate(key_id, overlap)
    _record(settings, "rotate", key.id)
    if as_json:
        print_json({"id": key.id, "key": shown})
        return
    click.echo(shown)
    say(_ONCE)


def _record(settings: Settings, change: str, key_id: str) -> None:
    from citespan.qa.composition import audit_log

    audit(audit_log(settings), f"key.{change}", target=key_id, durable=True)


def _lasting(text: str) -> timedelta:
    found = _LASTING.fullmatch(text)
    if found is None:
        raise ConfigError(f"{text!r} is no time; write it like 30m, 12h or 90d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
