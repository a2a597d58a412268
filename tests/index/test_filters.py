"""Filters: what they take, and that each side of the search holds to them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts import chunks_of
from hypothesis import given
from hypothesis import strategies as st
from oracles.filters import holds
from strategies import document

from citespan.index import Document, Span, parse_filter
from citespan.index.catalogue.filters import Equals, Every
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.errors import InvalidFilter

_NAMES = ("year", "Jahr 𝔘", 'a"b', "", "$odd", "x.y", "tag")
_values = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 2020, 2021, 2**53 + 1, -(2**63), 0.0, 1.0, 0.5, 1e300]),
    st.sampled_from(["", "a", "A", "b", "é", "e\u0301", "2020", "2026-11-26", "𝔘", "x\0y"]),
)
_tags = st.lists(_values.filter(lambda value: value is not None), max_size=3)
_metadata = st.dictionaries(st.sampled_from(_NAMES), _values | _tags, max_size=4)
_ordered = _values.filter(lambda value: value is not None and not isinstance(value, bool))
_condition = st.one_of(
    _values,
    st.dictionaries(st.sampled_from(["$eq", "$ne"]), _values, min_size=1),
    st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), _ordered, min_size=1),
    st.dictionaries(st.sampled_from(["$in", "$nin"]), st.lists(_values, min_size=1), min_size=1),
    st.fixed_dictionaries({"$exists": st.booleans()}),
)
_fields = st.sampled_from([*(name for name in _NAMES if name != "$odd"), "$id", "$title", "$uri"])
_filters = st.recursive(
    st.dictionaries(_fields, _condition, max_size=2),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"$and": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"$or": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"$not": inner}),
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteCatalogue]:
    opened = SqliteCatalogue(tmp_path_factory.mktemp("filters") / "catalog.db", {})
    yield opened
    opened.close()


def stored(name: str, **facts: Any) -> Document:
    return replace(document(f"The text of {name}.", id=name), **facts)


class TestMatching:
    @given(st.lists(_metadata, min_size=1, max_size=5), st.data())
    def test_it_is_what_the_notation_means(
        self, catalogue: SqliteCatalogue, metadata: list[dict[str, Any]], data: st.DataObject
    ) -> None:
        documents = [
            stored(
                "ab"[number % 2] * (number + 1),
                title=data.draw(st.sampled_from(["", "a", "é"])),
                uri=data.draw(st.sampled_from([None, "a", "b"])),
                metadata=facts,
            )
            for number, facts in enumerate(metadata)
        ]
        filters = [data.draw(_filters) for _ in range(4)]
        ids: dict[int, Document] = {}
        for one in documents:
            chunks = chunks_of(one, Span(0, 4), Span(4, 8))
            catalogue.store(one, chunks, np.zeros((2, 2), dtype=np.float32))
            ids |= {chunk.id: one for chunk in chunks}
        try:
            for asked in filters:
                expected = sorted(at for at, one in ids.items() if holds(asked, one.info()))
                assert catalogue.matching(parse_filter(asked)).tolist() == expected
        finally:
            for name in {one.id for one in ids.values()}:
                catalogue.delete(name)

    def test_it_is_of_the_current_revision(self, catalogue: SqliteCatalogue) -> None:
        for revision, year in ((1, 2020), (2, 2021)):
            one = stored("one", revision=revision, metadata={"year": year})
            catalogue.store(one, chunks_of(one, Span(0, 4)), np.zeros((1, 2), dtype=np.float32))
        assert catalogue.matching(parse_filter({"year": 2020})).tolist() == []
        assert len(catalogue.matching(parse_filter({"year": 2021}))) == 1
        catalogue.delete("one")


class TestParsing:
    def test_a_bare_value_is_an_equality(self) -> None:
        assert parse_filter({"year": 2020}) == Equals("year", (2020,))
        assert parse_filter({}) == Every(())

    @pytest.mark.parametrize(
        ("asked", "place", "why"),
        [
            ([], "", "must be an object"),
            ({"$nor": []}, "$nor", "is unknown; known are $and, $or, $not, and $id"),
            ({"$and": {}}, "$and", "must be a list"),
            ({"$or": []}, "$or", "must be a list that is not empty"),
            ({"$or": [{"a": 1}, 3]}, "$or.1", "must be an object"),
            ({"year": {}}, "year", "has no condition"),
            ({"year": {"gte": 1}}, "year.gte", "is unknown; known are $eq"),
            ({"year": {"$in": 3}}, "year.$in", "must be a list"),
            ({"year": {"$in": list(range(1001))}}, "year.$in", "has 1001 entries; 1000"),
            ({"year": {"$gt": None}}, "year.$gt", "must be a number or a text"),
            ({"year": {"$gt": True}}, "year.$gt", "must be a number or a text"),
            ({"year": {"$exists": 1}}, "year.$exists", "must be true or false"),
            ({"year": [1]}, "year", "must be a text, a number"),
            ({"year": {"$eq": {"a": 1}}}, "year.$eq", "must be a text, a number"),
            ({"year": float("nan")}, "year", "not a number"),
            ({"year": 10**400}, "year", "is larger than a number may be"),
            ({"year": "\ud800"}, "year", "lone surrogate"),
            ({"\ud800": {"$ne": 1}}, "\ud800.$ne", "lone surrogate"),
            ({"$or": [dict[str, int]()] * 31}, "$or.30", "is one condition too many; 30"),
            ({"$and": [{"a": 1}] * 31}, "$and.30.a", "is one condition too many; 30"),
        ],
    )
    def test_what_is_no_filter_is_refused_by_its_place(
        self, asked: Any, place: str, why: str
    ) -> None:
        with pytest.raises(InvalidFilter) as caught:
            parse_filter(asked)
        assert caught.value.place == place
        assert why in caught.value.why

    def test_nesting_is_bounded(self) -> None:
        asked: dict[str, Any] = {"a": 1}
        for _ in range(9):
            asked = {"$not": asked}
        parse_filter(asked)
        with pytest.raises(InvalidFilter, match="nested more than 10 deep"):
            parse_filter({"$not": asked})

    def test_the_largest_filter_can_be_asked(self, catalogue: SqliteCatalogue) -> None:
        asked = {"$or": [{f"f{at}": {"$in": list(range(1000))}} for at in range(30)]}
        assert catalogue.matching(parse_filter(asked)).tolist() == []


def test_a_path_is_not_made_of_keys(tmp_path: Path) -> None:
    """Keys are values to SQL, whatever they hold."""
    opened = SqliteCatalogue(tmp_path / "catalog.db", {})
    key = "x') OR 1 --"
    one = stored("one", metadata={key: 1})
    opened.store(one, chunks_of(one, Span(0, 4)), np.zeros((1, 2), dtype=np.float32))
    assert opened.matching(parse_filter({"x') OR 2 --": 1})).tolist() == []
    assert len(opened.matching(parse_filter({key: 1}))) == 1
    opened.close()
