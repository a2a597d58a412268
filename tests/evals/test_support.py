"""The planted claims are what their kind says, and the command counts what the checker says."""

import json
import zlib
from pathlib import Path
from random import Random

from click.testing import CliRunner

from citespan.evals.studies.planting import paraphrased, untrue
from citespan.evals.studies.support import main

TRUE = "It is said that Smith was the chair of more than 1,500 groups in Ireland."


def test_a_paraphrase_leaves_out_adverbs_and_asides():
    said = "However, the bridge was quickly built of stone (and brick), which lasted."
    assert paraphrased(said) == "The bridge was built of stone."
    assert paraphrased("In 1990, Smith made it of brick.") == "Smith made it of brick in 1990."
    assert paraphrased("The bridge was built of stone.") is None  # nothing to change


def test_each_untrue_claim_differs_as_its_kind_says():
    made = {one.kind: one.text for one in untrue(TRUE, ["Brown"], ["2,700", "4"], Random(1))}  # noqa: S311
    assert made.pop("name") in {TRUE.replace("Smith", "Brown"), TRUE.replace("Ireland", "Brown")}
    assert made == {
        "number": TRUE.replace("1,500", "2,700"),
        "negated": TRUE.replace("is", "is not", 1),
        "comparison": TRUE.replace("more", "less"),
        "roles": "It is said that Ireland was the chair of more than 1,500 groups in Smith.",
    }


def test_the_command_counts_what_is_caught(tmp_path: Path):
    claims, documents = tmp_path / "claims.jsonl", tmp_path / "documents.jsonl"
    evidence = ["(meta data) TITLE: Kangaroos", "They live in Australia.", "They feed on grass."]
    rows = [
        {"label": label, "claim": claim, "evidence": evidence, "meta": {"id": f"{number}"}}
        for number in range(8)
        for label, claim in (
            ("supported", "They live in Australia."),
            ("not_supported", "They live in Japan."),
        )
    ]
    claims.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    texts = [{"title": f"Town {number}", "text": _paragraph(number) * 30} for number in range(6)]
    documents.write_text("".join(json.dumps(row) + "\n" for row in texts), encoding="utf-8")
    result = CliRunner().invoke(main, [str(claims), str(documents)])
    assert result.exit_code == 0, result.output
    shown = " ".join(result.output.split())
    reported = sum(zlib.crc32(b"%d" % number) % 2 for number in range(8))
    assert f"not_supported {reported}, caught 1.000" in shown
    assert f" supported {reported}, caught 0.000" in shown
    assert "unsupported: precision 1.000 [1.000, 1.000], recall 1.000 [1.000, 1.000]" in shown


def _paragraph(number: int) -> str:
    return (
        f"The town of Aber{number} was quickly founded by Anna Brown of Ireland in {1800 + number}."
        f" However, it now has {20 + number} churches (two of stone) near Smith Bridge. "
    )
