"""A run as JUnit XML, which continuous integration shows question by question."""

import re
from xml.etree import ElementTree as ET

from evals.faults import Fault, fault_of
from evals.results import Outcome, Run

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def render_junit(run: Run) -> str:
    """A test case for each question; what went wrong is its failure."""
    scores = run.scores[run.info.subject]
    suite = ET.Element("testsuite", name=_clean(run.dataset.card.name))
    found = {"failures": 0, "errors": 0, "skipped": 0}
    for question, row in zip(run.dataset.questions, scores.questions, strict=True):
        response = run.responses.get(question.id)
        seconds = (response.timings_ms.get("total", 0.0) if response else 0.0) / 1000
        case = ET.SubElement(
            suite, "testcase", classname=run.info.subject, name=_clean(question.id)
        )
        case.set("time", f"{seconds:.3f}")
        fault = fault_of(row)
        if row.outcome is Outcome.SKIPPED:
            ET.SubElement(case, "skipped")
            found["skipped"] += 1
        elif fault is Fault.FAILED:
            ET.SubElement(case, "error", message=_clean(row.error or ""))
            found["errors"] += 1
        elif fault:
            failure = ET.SubElement(case, "failure", message=_clean(f"{fault}: {question.text}"))
            failure.text = _clean("\n".join(row.problems))
            found["failures"] += 1
    suite.set("tests", str(len(scores.questions)))
    for name, count in found.items():
        suite.set(name, str(count))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
