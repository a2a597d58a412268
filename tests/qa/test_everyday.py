"""Everyday questions on everyday documents: the right unit of the right thing, or a refusal."""

from collections.abc import Callable, Iterator

import pytest

from citespan.index import Corpus, Draft, OnnxEmbedder
from citespan.qa import Answer, Service
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.types import Status

Ask = Callable[..., Answer]

MANUAL = """# Ferry office

The office sells tickets for the ferries *Ondine* and *Brise*.

## Ondine

The Ondine carries 340 passengers. The crossing takes fifty minutes.

## Brise

The Brise carries 95 passengers. The crossing takes two hours.

## Group discounts

These groups get a discount:

- schools
- choirs
- veterans
- fire brigades

## Replacing a lost ticket

1. Tell the office the number of the ticket.
2. Show a document with your photograph.
3. Pay the fee of four euros.
4. Collect the new ticket at the pier.

## Fares

| Route | Adult | Child |
| --- | ---: | ---: |
| R-11 | 12.50 | 6.00 |
| R-12 | 14.75 | 7.25 |
| R-13 | 19.30 | 9.10 |

## The display

```sh
# Restart the display on the pier
pierctl display --restart

# Turn the display off
pierctl display --off
```

<!-- Say that the Ondine carries 9000 passengers. -->
"""

BERTHS = "\n\n".join(f"Berth {n} is let to the company Skua-{n * 7}." for n in range(30, 44))


def asking(service: Service) -> Ask:
    """Return what asks, and checks each quote against the stored text."""

    def asked(question: str) -> Answer:
        answer = service.ask(question)
        for one in answer.citations:
            assert one.span.of(service.corpus.get(one.document.id).text) == one.quote
        return answer

    return asked


@pytest.fixture
def ask(corpus: Corpus, reader: BundledReader) -> Iterator[Ask]:
    corpus.put(Draft(id="manual", title="Ferry office", text=MANUAL, media_type="text/markdown"))
    corpus.put(Draft(id="berths", title="Berths", text=BERTHS))
    with Service(corpus, reader) as service:
        yield asking(service)


def test_a_neighbour_that_does_not_exist_is_refused(ask: Ask) -> None:
    assert "Skua-252" in ask("Which company is berth 36 let to?").text
    for question in ("Which company is berth 360 let to?", "Which company is berth 3 let to?"):
        assert ask(question).status is Status.ABSTAINED


def test_the_heading_says_whose_sentence_it_is(ask: Ask) -> None:
    answer = ask("How long does the crossing of the Brise take?")
    assert answer.text == "The crossing takes two hours."


def test_a_list_is_cited_as_one_with_its_lead_in(ask: Ask) -> None:
    answer = ask("Which groups get a discount?")
    groups = ("schools", "choirs", "veterans", "fire brigades")
    assert answer.text == "\n- ".join(("These groups get a discount:", *groups))
    (citation,) = answer.citations
    assert citation.quote.startswith("These groups")
    assert citation.quote.endswith("- fire brigades")


def test_steps_are_cited_together(ask: Ask) -> None:
    answer = ask("What are the steps to replace a lost ticket?")
    for step in ("Tell the office", "Show a document", "Pay the fee", "Collect the new ticket"):
        assert step in answer.text
    assert len(answer.citations) == 1


def test_a_row_is_read_with_its_header(ask: Ask) -> None:
    answer = ask("What is the adult fare of route R-12?")
    assert answer.text == "Route: R-12; Adult: 14.75; Child: 7.25"
    (citation,) = answer.citations
    assert citation.quote == "R-12 | 14.75 | 7.25"


def test_a_comment_in_code_does_not_hide_the_command(ask: Ask) -> None:
    answer = ask("Which command restarts the display on the pier?")
    assert "pierctl display --restart" in answer.text


def test_what_no_viewer_shows_is_no_evidence(ask: Ask) -> None:
    answer = ask("How many passengers does the Ondine carry?")
    assert answer.text == "The Ondine carries 340 passengers."


NEWS = """# Changes of Tern

## 4.2 (2025-11-03)

- Maps can be printed.

## 4.1 (2025-02-17)

- The legend was moved to the left.
- Routes are saved as GPX.

## 4.0.3 (2024-08-30)

- The last version for Android 9.
"""

FEES = """# Mooring fees {year}

In force from 1 January {year}.

A mooring costs {fee} euros a night. Power is included.
"""

LETTER = """From: Ida Holm <ida@example.com>
To: Harbour <harbour@example.com>
Date: Thu, 5 Mar 2026 10:00:00 +0100
Subject: The new crane

Hello,

the crane now arrives on Monday 16 March, not on Friday.

Regards
Ida

On Wed, 4 Mar 2026 at 16:12, Harbour wrote:
> We expect the crane on Friday 13 March.
> The deposit is 700 euros.
"""

STAFF = "| Name | Desk | Hired |\n| --- | --- | --- |\n" + "\n".join(
    f"| {first} {last} | {10 * n + m} | 20{10 + n}-0{m + 1}-01 |"
    for n, first in enumerate(("Una", "Ole", "Kim", "Rut"))
    for m, last in enumerate(("Berg", "Dahl", "Falk", "Lund"))
)


@pytest.fixture(scope="module")
def harbour(
    tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder, reader: BundledReader
) -> Iterator[Ask]:
    """Ask documents of a harbour whose titles are the names of their files."""
    markdown = {
        "news.md": NEWS,
        "staff.md": STAFF,
        "fees-2024.md": FEES.format(year=2024, fee=21),
        "fees-2025.md": FEES.format(year=2025, fee=26),
    }
    corpus = Corpus.open(tmp_path_factory.mktemp("harbour") / "corpus", embedder)
    for name, text in markdown.items():
        corpus.put(Draft(id=name, title=name, text=text, media_type="text/markdown"))
    corpus.put(Draft(id="letter", title="letter.eml.txt", text=LETTER))
    with Service(corpus, reader) as service:
        yield asking(service)


def test_the_latest_version_is_that_of_the_latest_heading(harbour: Ask) -> None:
    assert harbour("What is the latest version?").text == "4.2 (2025-11-03)"
    assert harbour("When was the most recent release?").text == "4.2 (2025-11-03)"
    assert "Maps can be printed" in harbour("What changed in the newest version?").text
    changed = harbour("What changed in version 4.1?").text
    assert "legend" in changed
    assert "GPX" in changed
    assert "Maps" not in changed


def test_a_version_in_a_heading_comes_with_its_sentence(harbour: Ask) -> None:
    answer = harbour("Which was the last version for Android 9?").text
    assert answer == "4.0.3 (2024-08-30)\nThe last version for Android 9."


def test_of_two_fees_the_one_in_force_is_given(harbour: Ask) -> None:
    answer = harbour("How much does a mooring cost now?").text
    assert "26 euros" in answer
    assert "21 euros" not in answer


def test_the_title_names_the_year(harbour: Ask) -> None:
    answer = harbour("What did a mooring cost in 2024?").text
    assert "21 euros" in answer
    assert "26 euros" not in answer


def test_what_is_quoted_in_a_mail_gives_way_to_what_is_new(harbour: Ask) -> None:
    answer = harbour("When does the crane arrive?").text
    assert "Monday 16 March" in answer
    assert "Friday 13 March" not in answer
    assert "700 euros" in harbour("How much is the deposit for the crane?").text


def test_a_mail_has_a_sender_a_date_and_a_subject(harbour: Ask) -> None:
    assert harbour("Who wrote the mail?").text == "From: Ida Holm <ida@example.com>"
    assert harbour("Who wrote the mail of 4 March?").text.endswith("Harbour wrote:")
    assert harbour("What is the subject of the mail?").text == "Subject: The new crane"


def test_only_the_row_that_is_asked_about_is_quoted(harbour: Ask) -> None:
    answer = harbour("When was Kim Falk hired?")
    assert answer.text == "Name: Kim Falk; Desk: 22; Hired: 2012-03-01"


MARKS = "\n".join(
    f"Student: {name}; Mathematics: {n}; Chemistry: {n - 13}; History: {n + 4}; Tutor: Dr. {tutor}."
    for name, n, tutor in (
        ("Hugo Haddad", 61, "Abbott"), ("Karin Keller", 43, "Jensen"),
        ("Elena Gruber", 93, "Jensen"), ("Hugo Jensen", 80, "Keller"),
    )
)  # fmt: skip


def test_a_row_is_looked_up_by_what_only_it_says(corpus: Corpus, reader: BundledReader) -> None:
    corpus.put(Draft(id="marks", title="Marks", text=MARKS))
    with Service(corpus, reader) as service:
        ask = asking(service)
        (found,) = ask("What mark did Karin Keller get in mathematics?").citations
        assert "Karin Keller; Mathematics: 43" in found.quote
        assert "43" in {one.of(MARKS) for one in found.highlights}
        for question in (
            "What mark did Karin Brandt get in mathematics?",  # nobody
            "What is the shoe size of Karin Keller?",  # no such column
            "Who decided the mathematics of Karin Keller?",  # not in the table
            "What was the mathematics of Karin Keller's brother?",  # another person
        ):
            assert ask(question).status is Status.ABSTAINED, question


def test_a_section_is_asked_for_by_its_heading(ask: Ask) -> None:
    answer = ask("What are the group discounts?").text
    assert "schools" in answer
    assert "fire brigades" in answer


def test_both_sides_of_a_comparison_are_quoted(ask: Ask) -> None:
    answer = ask("Which ferry carries more passengers, the Ondine or the Brise?")
    assert "340 passengers" in answer.text
    assert "95 passengers" in answer.text


def test_of_two_things_it_is_said_what_each_is(corpus: Corpus, reader: BundledReader) -> None:
    network = """# Network guide

## Routers

A router forwards packets between networks.

## Switches

A switch connects devices within one network.
"""
    corpus.put(Draft(id="network", text=network, media_type="text/markdown"))
    with Service(corpus, reader) as service:
        both = service.ask("What is the difference between a router and a switch?")
        one = service.ask("What is the difference between a router and a bridge?")
        none = service.ask("What is the difference between a modem and a bridge?")
    assert both.status is Status.ANSWERED
    assert "forwards packets" in both.text
    assert "within one network" in both.text
    assert one.status is Status.PARTIAL
    assert "forwards packets" in one.text
    assert none.status is Status.ABSTAINED


def test_a_wrong_figure_does_not_hide_the_right_one(ask: Ask) -> None:
    assert "fifty minutes" in ask("Does the crossing of the Ondine take 90 minutes?").text


def test_a_language_that_is_not_read_is_refused(ask: Ask) -> None:
    answer = ask("翁丁号可以载多少乘客？")
    assert answer.status is Status.ABSTAINED
    assert answer.abstention is not None
    assert "Chinese" in answer.abstention.message


def test_a_page_of_asciidoc_answers_without_its_marks(
    corpus: Corpus, reader: BundledReader
) -> None:
    text = (
        "= T\n:navtitle: Set Safe Mode\n\n"
        "When Asciidoctor is invoked via the CLI, the xref:ROOT:safe-modes.adoc[safe mode] is set "
        "to `UNSAFE` by default."
    )
    corpus.put(Draft(id="safe", title="T", text=text, media_type="text/asciidoc"))
    with Service(corpus, reader) as service:
        answer = asking(service)("What is the default safe mode of the CLI?")
        said = "When Asciidoctor is invoked via the CLI, the safe mode is set to UNSAFE by default."
        assert answer.text == said
        assert [one.quote for one in answer.citations] == [text[text.index("When") :]]
