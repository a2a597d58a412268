"""Questions about the documents as such, and the requests of chat programs for themselves."""

import json

import pytest

from citespan.index import Corpus, Draft
from citespan.qa import Service
from citespan.qa.english.catalogue import About, about_documents, topic_of_documents
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.question import MAX_QUESTION, background_reply

TASK = """### Task:
{task}
### Output:
{{ "{key}": "..." }}
### Chat:
<chat_history>
USER: When does the Harbour Museum open?
ASSISTANT: At ten.
</chat_history>"""


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("How many documents do you have?", About.COUNT),
        ("how many files are there in the collection", About.COUNT),
        ("What documents are there?", About.LIST),
        ("Please list all documents.", About.LIST),
        ("What is this document about?", About.GIST),
        ("Summarise this.", About.GIST),
        ("How many documents must be filled in?", None),
        ("Which documents do I need for a visa?", None),
        ("What is the strike about?", None),
        ("Summarise the rules for visitors.", None),
    ],
)
def test_only_whole_questions_are_about_the_documents(question: str, about: About | None) -> None:
    assert about_documents(question) is about


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Which pages are about single sign-on?", "single sign-on"),
        ("which documents talk about pay", "pay"),
        ("Please list all guides on harbour bees.", "harbour bees"),
        ("What documents do you have about bees?", "bees"),
        ("Which files that mention wax are there?", "wax"),
        ("Which documents do I need for a visa?", ""),
        ("Which books are about bees?", ""),
        ("What is the page about bees called?", ""),
    ],
)
def test_a_topic_of_documents_is_asked_for(question: str, topic: str) -> None:
    assert topic_of_documents(question) == topic


def test_documents_on_a_topic_are_those_whose_title_or_heading_has_it(
    corpus: Corpus, reader: BundledReader
) -> None:
    made = {
        "keeping": "# Keeping bees\n\nThey like dry places.\n",
        "garden": "# The garden\n\n## A bee in spring\n\nIt looks for crocuses.\n",
        "wasps": "# Wasps\n\nThey are no bees.\n",
        "fields": "---\ntitle: Bees and law\n---\n\nHives are to be registered.\n",
    }
    with Service(corpus, reader) as service:
        for name, text in made.items():
            title = "Bees and law" if name == "fields" else ""
            corpus.put(Draft(id=name, title=title, text=text, media_type="text/markdown"))
        answer = service.ask("Which pages are about bees?")
        assert sorted(one.document.id for one in answer.citations) == [
            "fields",
            "garden",
            "keeping",
        ]
        assert {one.quote for one in answer.citations} >= {"Keeping bees", "A bee in spring"}
        for one in answer.citations:
            assert one.span.of(made[one.document.id]) == one.quote
        assert not service.ask("Which pages are about submarines?").citations


def test_documents_are_counted_and_named(corpus: Corpus, reader: BundledReader) -> None:
    with Service(corpus, reader) as service:
        corpus.put(Draft(title="Bees", text="Bees make honey in summer."))
        assert service.ask("How many documents are there?").text == (
            "There is one document: “Bees”."
        )
        corpus.put(Draft(title="Wasps", text="Wasps make paper of wood."))
        answer = service.ask("What documents do you have?")
        assert answer.text.startswith("There are 2 documents: ")
        assert "“Bees”" in answer.text
        assert "“Wasps”" in answer.text
        assert not answer.citations


def test_the_gist_of_a_document_is_its_opening(corpus: Corpus, reader: BundledReader) -> None:
    text = (
        "# Quay wall\n\n12 May 2031\n\nThis report says how the quay wall is to be repaired. It"
        " compares three ways.\n\n## Costs\n\nSteel costs most."
    )
    with Service(corpus, reader) as service:
        corpus.put(Draft(id="quay", title="Quay wall", text=text, media_type="text/markdown"))
        answer = service.ask("What is this document about?")
        assert answer.text == (
            "This report says how the quay wall is to be repaired. It compares three ways."
        )
        assert [one.span.of(text) for one in answer.citations] == [
            one.quote for one in answer.citations
        ]


@pytest.mark.parametrize(
    ("key", "value"),
    [("title", "Harbour museum open"), ("tags", ["Harbour Museum", "open"]), ("follow_ups", []),
     ("queries", [])],
)  # fmt: skip
def test_a_chat_programs_own_request_gets_the_json(key: str, value: object) -> None:
    reply = background_reply(TASK.format(task="Write it." * MAX_QUESTION, key=key))
    assert reply is not None
    assert json.loads(reply) == {key: value}


def test_a_persons_message_is_no_such_request() -> None:
    for message in ("### Task: who cleans?", 'What does {"title": "x"} mean?', "<chat_history>"):
        assert background_reply(message) is None


def test_such_a_request_is_answered_whatever_its_length(
    corpus: Corpus, reader: BundledReader
) -> None:
    with Service(corpus, reader) as service:
        answer = service.ask(TASK.format(task="Write it. " * MAX_QUESTION, key="title"))
        assert json.loads(answer.text) == {"title": "Harbour museum open"}
