"""The extension pgvector in a database."""

from typing import NamedTuple

import psycopg

from citespan.index.catalogue.postgres import ServerDatabase
from citespan.index.errors import StoreMismatch

_LEAST = (0, 8)  # the first that continues a search where a filter leaves too few
_FOUND = (
    "SELECT quote_ident(n.nspname), e.extversion FROM pg_extension e"
    " JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'"
)
_INSTALLING = 0x6369_7476_6563_746F  # the advisory lock of who installs it: "citvecto"
_NEEDS = "search.engine = postgres needs the extension pgvector"


class Extension(NamedTuple):
    """Where the types and operators of pgvector are: the name of their schema, quoted."""

    schema: str

    def type_of(self, dim: int) -> str:
        """Return the type of vectors of a length, two bytes a number."""
        return f"{self.schema}.halfvec({dim})"

    @property
    def distance(self) -> str:
        """The operator for the negative inner product."""
        return f"OPERATOR({self.schema}.<#>)"


def vector_extension(db: ServerDatabase, *, make: bool) -> Extension:
    """Return the extension; with `make`, install it in the database if it is not there.

    Raises:
        StoreMismatch: it is missing, too old, or may not be installed; the message says what to do.
    """
    found = db.rows(_FOUND)
    if not found and make:
        _install(db)
        found = db.rows(_FOUND)
    if not found:
        raise StoreMismatch(f"{_NEEDS}, which is not in the database; run CREATE EXTENSION vector")
    schema, version = found[0]
    if tuple(int(part) for part in version.split(".")[:2]) < _LEAST:
        raise StoreMismatch(
            f"{_NEEDS} 0.8 or later, and the database has {version}; install a later one, and run"
            " ALTER EXTENSION vector UPDATE"
        )
    return Extension(schema)


def _install(db: ServerDatabase) -> None:
    with db.transaction(in_turn=False) as changing:
        # IF NOT EXISTS does not keep two sessions from installing it concurrently.
        changing.execute("SELECT pg_advisory_xact_lock(?)", (_INSTALLING,))
        try:
            # In a schema that is ours: the user may not be allowed to change others.
            changing.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA citespan")
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
            raise StoreMismatch(
                f"{_NEEDS}, which is not installed on the server; install it there: packages of it"
                " have names like postgresql-17-pgvector"
            ) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise StoreMismatch(
                f"{_NEEDS}, which the user of store.url may not add to the database; have an"
                " administrator run CREATE EXTENSION vector there"
            ) from error
