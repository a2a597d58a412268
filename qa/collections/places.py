"""Where what people say of a collection is, for commands, which have no collections open."""

from collections.abc import Generator
from contextlib import closing, contextmanager

from citespan.qa.collections.feedback import FeedbackPlace, feedback_place
from citespan.qa.collections.listing import open_listing
from citespan.qa.errors import CollectionNotFound
from citespan.qa.settings.sections import DEFAULT, Settings


@contextmanager
def feedback_of(settings: Settings) -> Generator[FeedbackPlace]:
    """Yield where the labels and unanswered questions of the settings' collection are.

    Raises:
        CollectionNotFound: the server does not list the collection.
        StoreUnavailable: the server cannot be reached.
    """
    name, folder, server = settings.data.collection, settings.collection_path(), settings.server()
    if server is None:
        yield feedback_place(None, "", folder)
        return
    with closing(open_listing(server)) as listing:
        if name == DEFAULT:
            listing.add(DEFAULT, {})  # no server may have run yet
        identity = listing.identity(name)
        if identity is None:
            raise CollectionNotFound(name)
        yield feedback_place(listing.db, identity, folder)
