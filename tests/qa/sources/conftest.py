"""What the tests of sources share."""

from collections.abc import Iterator

import pytest
from faults import open_corpus, scratch_folder

from citespan.index import Corpus


@pytest.fixture
def corpus() -> Iterator[Corpus]:
    """An empty corpus that counts words instead of embedding."""
    with scratch_folder() as folder, open_corpus(folder / "data") as opened:
        yield opened
