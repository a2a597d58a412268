"""What makes an answer to a written question right."""

from citespan.evals.studies.everyday import outcome_of
from citespan.evals.training.everyday import EverydayQuestion
from citespan.index import Corpus, Draft
from citespan.qa import Service
from citespan.qa.evidence.model.bundled import BundledReader

BEES = "# Bees\n\nBees sleep in January.\n\nThey are brown.\n\n## Wasps\n\nNobody fed them.\n"


def test_an_answer_touches_the_gold_or_not(corpus: Corpus, reader: BundledReader) -> None:
    draft = Draft(id="bees", title="Bees", text=BEES, media_type="text/markdown")
    corpus.put(draft)
    service = Service(corpus, reader)

    def outcome(question: str, *gold: str) -> str:
        asked = EverydayQuestion(collection="x", file="y", question=question, gold=gold)
        return outcome_of(asked, service.ask(question), draft)

    assert outcome("When do bees sleep?", "January") == "right"
    assert outcome("When do bees sleep?", "Nobody fed them.") == "wrong"
    assert outcome("When do bees sleep?") == "false"
    assert outcome("Who founded the Hanseatic League?", "January") == "refused"
    assert outcome("Who founded the Hanseatic League?") == "abstained"
