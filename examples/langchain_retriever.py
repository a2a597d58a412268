"""A LangChain retriever over a citespan server, whose documents say which characters they are.

pip install langchain-core httpx; citespan serve
python examples/langchain_retriever.py "A question?"
"""

import sys
from typing import Any

import httpx
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever


class CitespanRetriever(BaseRetriever):
    """Retrieves the passages of a collection that match a question best."""

    address: str = "http://127.0.0.1:8000"
    collection: str = "default"
    k: int = 4
    filters: dict[str, Any] | None = None

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002
    ) -> list[Document]:
        asked = {"query": query, "top_k": self.k, "collection": self.collection}
        body = asked | ({"filters": self.filters} if self.filters else {})
        reply = httpx.post(f"{self.address}/v1/search", json=body, timeout=60).raise_for_status()
        return [self._document(passage) for passage in reply.json()["passages"]]

    def _document(self, passage: dict[str, Any]) -> Document:
        url, scores = passage["url"], passage["scores"]
        return Document(
            page_content=passage["text"],
            metadata={
                "document_id": passage["document_id"],
                "revision": passage["revision"],
                "title": passage["title"],
                "span": [passage["start"], passage["end"]],  # code points of the document
                "quote": passage["text"],
                "url": url if url.startswith("http") else self.address + url,
                "score": scores["relevance"]
                if scores["relevance"] is not None
                else scores["fused"],
            },
        )


if __name__ == "__main__":
    for found in CitespanRetriever().invoke(" ".join(sys.argv[1:])):
        print(found.metadata["url"], found.page_content, sep="\n  ")
