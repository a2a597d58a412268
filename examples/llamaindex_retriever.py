"""A LlamaIndex retriever over a citespan server, whose nodes say which characters they are.

pip install llama-index-core httpx; citespan serve
python examples/llamaindex_retriever.py "A question?"
"""

import sys
from typing import Any

import httpx
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode


class CitespanRetriever(BaseRetriever):
    """Retrieves the passages of a collection that match a question best."""

    def __init__(
        self, address: str = "http://127.0.0.1:8000", collection: str = "default", k: int = 4
    ) -> None:
        super().__init__()
        self.address, self.collection, self.k = address, collection, k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        body = {"query": query_bundle.query_str, "top_k": self.k, "collection": self.collection}
        reply = httpx.post(f"{self.address}/v1/search", json=body, timeout=60).raise_for_status()
        return [self._node(passage) for passage in reply.json()["passages"]]

    def _node(self, passage: dict[str, Any]) -> NodeWithScore:
        url, scores = passage["url"], passage["scores"]
        score = scores["relevance"] if scores["relevance"] is not None else scores["fused"]
        node = TextNode(
            text=passage["text"],
            start_char_idx=passage["start"],  # code points of the document
            end_char_idx=passage["end"],
            metadata={
                "document_id": passage["document_id"],
                "revision": passage["revision"],
                "title": passage["title"],
                "span": [passage["start"], passage["end"]],
                "quote": passage["text"],
                "url": url if url.startswith("http") else self.address + url,
                "score": score,
            },
            excluded_llm_metadata_keys=["quote", "span", "score"],
        )
        return NodeWithScore(node=node, score=score)


if __name__ == "__main__":
    for found in CitespanRetriever().retrieve(" ".join(sys.argv[1:])):
        print(found.metadata["url"], found.text, sep="\n  ")
