"""Models in use: each is loaded once per process and shared by all callers."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

M = TypeVar("M")


class InUse(Generic[M]):
    """Models by the values that they are made from. Safe for many threads.

    The registry holds weak references: a model is freed when its last user releases it, and no user
    can close a model that another one still uses.
    """

    def __init__(self) -> None:
        self._known: WeakValueDictionary[Hashable, M] = WeakValueDictionary()
        self._loading = threading.Lock()

    def get(self, made_from: Hashable, load: Callable[[], M]) -> M:
        """Return the model in use that was made from the same values, or else load one.

        Args:
            made_from: all values that decide what the model computes.
            load: makes the model; if it raises, the error is raised and nothing is stored.
        """
        with self._loading:
            model = self._known.get(made_from)
            if model is None:
                model = self._known[made_from] = load()
            return model
