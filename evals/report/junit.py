"""A run as JUnit XML, which continuous integration shows question by question."""

from xml.etree import ElementTree as ET

from citespan.evals.report.faults import Fault, fault_of, sentence_of
from citespan.evals.report.text import visible
from citespan.evals.results import QuestionOutcome, QuestionScore, Run
from citespan.evals.types import Question, Response


def render_junit(run: Run) -> str:
    """Return a test case for each question: a fault is its failure, a system's error its error."""
    subject = run.info.subject
    rows = run.scores[subject].questions
    suite = ET.Element("testsuite", name=visible(run.dataset.card.name))
    seconds = 0.0
    for question, row in zip(run.dataset.questions, rows, strict=True):
        response = run.responses.get(question.id) or Response(question_id=question.id)
        case = ET.SubElement(
            suite, "testcase", classname=visible(subject), name=visible(question.id)
        )
        took = response.timings_ms.get("total", 0.0) / 1000
        case.set("time", f"{took:.3f}")
        seconds += took
        _add_fault(case, question, row)
    suite.set("tests", str(len(rows)))
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("time", f"{seconds:.3f}")
    suite.set("timestamp", run.info.created_at)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _add_fault(case: ET.Element, question: Question, row: QuestionScore) -> None:
    sentence = visible(sentence_of(row))
    fault = fault_of(row)
    if row.outcome is QuestionOutcome.SKIPPED:
        ET.SubElement(case, "skipped", message=sentence)
    elif fault:
        kind = "error" if fault is Fault.FAILED else "failure"
        found = ET.SubElement(case, kind, type=fault, message=sentence)
        lines = (f"Question: {question.text}", *row.problems, *([row.error] if row.error else []))
        found.text = visible("\n".join(lines))
