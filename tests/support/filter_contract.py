"""What filters find in a catalogue, whatever its engine."""

from dataclasses import replace
from typing import Any

import numpy as np
from contracts import chunks_of
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.filters import holds
from strategies import document

from citespan.index import Document, Span, parse_filter
from citespan.index.catalogue.protocol import Catalogue

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


def stored(name: str, **facts: Any) -> Document:
    return replace(document(f"The text of {name}.", id=name), **facts)


class FilterContract:
    """Subclass with a fixture `catalogue`, an empty one, which tests may share.

    `examples` are those of the test by hypothesis.
    """

    examples = 100

    def test_it_is_what_the_notation_means(self, catalogue: Catalogue) -> None:
        @given(st.lists(_metadata, min_size=1, max_size=5), st.data())
        @settings(max_examples=self.examples)
        def check(metadata: list[dict[str, Any]], data: st.DataObject) -> None:
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

        check()

    def test_it_is_of_the_current_revision(self, catalogue: Catalogue) -> None:
        for revision, year in ((1, 2020), (2, 2021)):
            one = stored("one", revision=revision, metadata={"year": year})
            catalogue.store(one, chunks_of(one, Span(0, 4)), np.zeros((1, 2), dtype=np.float32))
        assert catalogue.matching(parse_filter({"year": 2020})).tolist() == []
        assert len(catalogue.matching(parse_filter({"year": 2021}))) == 1
        catalogue.delete("one")

    def test_the_largest_filter_can_be_asked(self, catalogue: Catalogue) -> None:
        asked = {"$or": [{f"f{at}": {"$in": list(range(1000))}} for at in range(30)]}
        assert catalogue.matching(parse_filter(asked)).tolist() == []

    def test_a_path_is_not_made_of_keys(self, catalogue: Catalogue) -> None:
        """Keys are values to SQL, whatever they hold."""
        key = "x') OR 1 --"
        one = stored("two", metadata={key: 1})
        catalogue.store(one, chunks_of(one, Span(0, 4)), np.zeros((1, 2), dtype=np.float32))
        assert catalogue.matching(parse_filter({"x') OR 2 --": 1})).tolist() == []
        assert len(catalogue.matching(parse_filter({key: 1}))) == 1
        catalogue.delete("two")
