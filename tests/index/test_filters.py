"""Filters: what they take, and that each side of the search holds to them."""

from collections.abc import Iterator
from typing import Any

import pytest
from filter_contract import FilterContract

from citespan.index import parse_filter
from citespan.index.catalogue.filters import Equals, Every
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.errors import InvalidFilter


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteCatalogue]:
    opened = SqliteCatalogue(tmp_path_factory.mktemp("filters") / "catalog.db", {})
    yield opened
    opened.close()


class TestMatching(FilterContract):
    """Filters of SQLite."""


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
