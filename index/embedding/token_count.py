"""Token counts of texts that never underestimate the length of a text."""

import msgspec
from tokenizers import Tokenizer

from citespan.decoding import from_json


class _Model(msgspec.Struct):
    """The part of a tokenizer's description that names its token for unknown words."""

    unk_token: str | None = None  # of WordPiece and BPE
    unk_id: int | None = None  # of Unigram


class _Description(msgspec.Struct):
    model: _Model


class TokenCounter:
    """A token counter. Its tokenizer must not truncate or pad; unknown words count characters."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        model = from_json(tokenizer.to_str(), _Description).model
        named = tokenizer.token_to_id(model.unk_token) if model.unk_token else None
        self._unknown = model.unk_id if named is None else named

    @property
    def specials(self) -> int:
        """The number of tokens that the tokenizer adds to a text."""
        return self._tokenizer.num_special_tokens_to_add(is_pair=False)

    def count(self, text: str) -> int:
        """Return the token count of a text without special ones; unknown words count characters."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        ids = encoding.ids
        if self._unknown not in ids:
            return len(ids)
        return sum(
            max(1, end - start) if token == self._unknown else 1
            for token, (start, end) in zip(ids, encoding.offsets, strict=True)
        )
