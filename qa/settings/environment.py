"""Settings of environment variables: `CITESPAN_SECTION__KEY`, or `…_FILE` for a value in a file."""

from collections.abc import Collection, Mapping
from pathlib import Path

from citespan.qa.errors import ConfigError

PREFIX = "CITESPAN_"
_IN_FILE = "_file"
_MAX_BYTES = 65_536  # a secret is short; this is what a wrong path would read


def from_environment(
    environ: Mapping[str, str], known: Mapping[str, Collection[str]]
) -> dict[str, dict[str, object]]:
    """Return the settings of environment variables, by section and key.

    `CITESPAN_SECTION__KEY_FILE` names a file that holds the value, as secrets are handed to
    containers and services. Line ends at the end of the file do not count.

    Args:
        environ: all environment variables.
        known: the keys of each section.

    Raises:
        ConfigError: a variable names no section, is given twice, or its file cannot be read.
    """
    found: dict[str, dict[str, object]] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX):
            continue
        section, separator, key = name.removeprefix(PREFIX).lower().partition("__")
        if not separator:
            raise ConfigError(f"{name} is not a setting; use {PREFIX}SECTION__KEY")
        stem = key.removesuffix(_IN_FILE)
        keys = known.get(section, ())
        if stem != key and key not in keys and stem in keys:
            _check_alone(name, environ)
            found.setdefault(section, {})[stem] = _content(name, value)
        else:
            found.setdefault(section, {})[key] = value
    return found


def _check_alone(name: str, environ: Mapping[str, str]) -> None:
    value = name[: -len(_IN_FILE)]
    if any(other.upper() == value.upper() for other in environ):
        raise ConfigError(f"{value} and {name} are both set; set one of them")


def _content(name: str, path: str) -> str:
    """Return the text of a variable's file, without the line ends at its end."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"cannot read the file {path!r} that {name} names: {why}") from error
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"the file {path!r} that {name} names is larger than {_MAX_BYTES} bytes")
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"the file {path!r} that {name} names is not UTF-8 text") from error
