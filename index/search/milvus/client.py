"""A connection to Milvus, or to the file of a Milvus Lite, and the collection of a build there."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from citespan.index.errors import StoreMismatch, StoreUnavailable
from citespan.index.search.bm25 import K1, B

try:
    from pymilvus import (  # pyright: ignore[reportMissingTypeStubs]
        DataType,
        Function,
        FunctionType,
        MilvusClient,
    )
    from pymilvus.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
        MilvusException,
    )
except ImportError as error:
    raise StoreMismatch(
        f"search.engine = milvus needs citespan[milvus] ({error}); install it with"
        " `pip install 'citespan[milvus]'`"
    ) from error

TIMEOUT_S = 10.0  # of each request
MOST_CHARACTERS = 65_535  # of a text, in bytes
SIDES = ("text", "title")
_NOT_LOADED = 101  # what Milvus calls it
LISTS = 1024  # of the vectors of each segment

T = TypeVar("T")


def connected(url: str, token: str) -> Any:
    """Return a client.

    Raises:
        StoreUnavailable: nothing answers at the address.
    """
    with translated():
        return MilvusClient(url, token=token, timeout=TIMEOUT_S)


def loaded(client: Any, name: str, read: Callable[[], T]) -> T:
    """Return what `read` reads of a collection; load it first if Milvus has not, since its start.

    Raises:
        StoreUnavailable: Milvus cannot be used.
    """
    with translated():
        try:
            return read()
        except MilvusException as error:
            if error.code != _NOT_LOADED:
                raise
            client.load_collection(name, timeout=TIMEOUT_S)
            return read()


@contextmanager
def translated() -> Generator[None]:
    """Raise errors of the server inside as errors of the store."""
    try:
        yield
    except MilvusException as error:
        said = str(error.message).partition("\n")[0]
        raise StoreUnavailable(f"Milvus cannot be used: {said}") from error


def make_collection(client: Any, name: str, dim: int, properties: dict[str, str]) -> None:
    """Make the empty collection of a build: an id, a vector, and the words of text and title."""
    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
    indexes = client.prepare_index_params()
    indexes.add_index("vector", index_type="IVF_FLAT", metric_type="IP", params={"nlist": LISTS})
    for side in SIDES:
        schema.add_field(
            side,
            DataType.VARCHAR,
            max_length=MOST_CHARACTERS,
            enable_analyzer=True,
            analyzer_params={"tokenizer": "standard"},  # of our stems, which it only divides
        )
        schema.add_field(f"{side}_words", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(
            Function(
                name=f"{side}_bm25",
                function_type=FunctionType.BM25,
                input_field_names=[side],
                output_field_names=[f"{side}_words"],
            )
        )
        indexes.add_index(
            f"{side}_words",
            index_type="SPARSE_INVERTED_INDEX",
            metric_type="BM25",
            params={"bm25_k1": K1, "bm25_b": B},
        )
    client.create_collection(
        name,
        schema=schema,
        index_params=indexes,
        consistency_level="Strong",
        properties=properties,
        timeout=TIMEOUT_S,
    )


def prefix_of(identity: str) -> str:
    """Return how the names of a catalogue's collections begin."""
    return f"citespan_{identity}_"


def drop_collections(url: str, token: str, identity: str) -> None:
    """Drop all collections of a catalogue.

    Raises:
        StoreUnavailable: Milvus cannot be used.
    """
    client = connected(url, token)
    with translated():
        for name in client.list_collections(timeout=TIMEOUT_S):
            if name.startswith(prefix_of(identity)):
                client.drop_collection(name, timeout=TIMEOUT_S)
