"""The evidence model that citespan ships: its files, its tokens and its runtime."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.evidence.model.bundled import BundledReader, ExportedModel, RowLogits
    from citespan.qa.evidence.model.manifest import (
        MANIFEST,
        TOKENIZER,
        Calibration,
        EvidenceManifest,
        LayerCut,
        read_evidence_manifest,
    )
    from citespan.qa.evidence.model.multilingual import PRODUCTS, build_multilingual
    from citespan.qa.evidence.model.pairs import PairTokenizer, pair_texts, second_text, token_span

__all__ = (
    "BundledReader",
    "Calibration",
    "EvidenceManifest",
    "ExportedModel",
    "LayerCut",
    "MANIFEST",
    "PRODUCTS",
    "PairTokenizer",
    "RowLogits",
    "TOKENIZER",
    "build_multilingual",
    "pair_texts",
    "read_evidence_manifest",
    "second_text",
    "token_span",
)

__getattr__ = names_of(
    __name__,
    {
        "BundledReader": "citespan.qa.evidence.model.bundled",
        "Calibration": "citespan.qa.evidence.model.manifest",
        "EvidenceManifest": "citespan.qa.evidence.model.manifest",
        "ExportedModel": "citespan.qa.evidence.model.bundled",
        "LayerCut": "citespan.qa.evidence.model.manifest",
        "MANIFEST": "citespan.qa.evidence.model.manifest",
        "PRODUCTS": "citespan.qa.evidence.model.multilingual",
        "PairTokenizer": "citespan.qa.evidence.model.pairs",
        "RowLogits": "citespan.qa.evidence.model.bundled",
        "TOKENIZER": "citespan.qa.evidence.model.manifest",
        "build_multilingual": "citespan.qa.evidence.model.multilingual",
        "pair_texts": "citespan.qa.evidence.model.pairs",
        "read_evidence_manifest": "citespan.qa.evidence.model.manifest",
        "second_text": "citespan.qa.evidence.model.pairs",
        "token_span": "citespan.qa.evidence.model.pairs",
    },
)
