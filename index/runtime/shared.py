"""Models in use: each is loaded once in a process, whoever asks for it."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

M = TypeVar("M")


class InUse(Generic[M]):
    """Models by what they are made from. Safe for many threads.

    They are known here, not owned: a model is freed when the last that uses it lets go of it, and
    nobody closes one that another still uses.
    """

    def __init__(self) -> None:
        self._known: WeakValueDictionary[Hashable, M] = WeakValueDictionary()
        self._loading = threading.Lock()

    def get(self, made_from: Hashable, load: Callable[[], M]) -> M:
        """The model made from the same that is in use, or else a new one.

        Args:
            made_from: all that decides what the model computes.
            load: makes it; what it raises is raised, and nothing is kept.
        """
        with self._loading:
            model = self._known.get(made_from)
            if model is None:
                model = self._known[made_from] = load()
            return model
