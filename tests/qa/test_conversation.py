"""What the last message of a conversation asks: rules, small talk, rewriting by a model."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hostile import TooSlow, processor_limit
from hypothesis import given
from hypothesis import strategies as st

from citespan.index.types import Context
from citespan.qa.english.small_talk import small_talk
from citespan.qa.english.topics import names
from citespan.qa.errors import InvalidQuestion
from citespan.qa.llm.endpoint import Endpoint
from citespan.qa.llm.tokens import count_tokens
from citespan.qa.question.rewriting import MAX_REWRITTEN, believed
from citespan.qa.question.understanding import plain, recent, understand
from citespan.qa.question.validation import MAX_QUESTION
from citespan.qa.types import Message

ROME = ("Who founded Rome?", "Romulus founded Rome.")
TOWER = ("How tall is the Eiffel Tower?", "It is 330 m tall.")


def talk(*said: str) -> list[Message]:
    """User and assistant in turn, the user first."""
    return [
        Message(role="assistant" if at % 2 else "user", content=text)
        for at, text in enumerate(said)
    ]


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ((*ROME, "When was it sacked?"), "Rome: When was it sacked?"),
        ((*ROME, "Thanks, and when was it sacked?"), "Rome: when was it sacked?"),
        ((*ROME, "thanks!", "You are welcome.", "Who sacked it?"), "Rome: Who sacked it?"),
        ((*ROME, "tell me more"), "Rome: tell me more"),
        ((*ROME, "Yes, please!"), "Who founded Rome?"),
        ((*ROME, "When was the city built?"), "When was the city built?"),
        (
            ("Who founded Rome?", "The city was founded by Romulus.", "When was the city built?"),
            "Rome: When was the city built?",
        ),
        ((*TOWER, "And the Burj Khalifa?"), "How tall is the Burj Khalifa?"),
        ((*TOWER, "What about Big Ben?"), "How tall is the Big Ben?"),
        ((*TOWER, "Which one is taller?"), "Eiffel Tower: Which one is taller?"),
        (
            ("How many people lived there in 2018?", "900.", "And in 2019?"),
            "How many people lived there in 2019?",
        ),
        (
            ("When does the library open?", "At 9.", "And on Sunday?"),
            "When does the library open on Sunday?",
        ),
        (
            ("What is the dose of aspirin?", "100 mg.", "What about for children?"),
            "What is the dose of aspirin for children?",
        ),
        (("Did Rome fall in 476?", "It did.", "Why?"), "Why did Rome fall in 476?"),
        (("When was beer banned?", "In 1920.", "why?"), "Why was beer banned?"),
        (
            ("What causes malaria?", "A parasite.", "What are the symptoms?"),
            "malaria: What are the symptoms?",
        ),
        (
            ("What causes malaria?", "A parasite.", "How is it treated?", "Well.", "Side effects?"),
            "malaria: Side effects?",
        ),
        (
            ("Who scored the goal?", "Mike Eruzione scored the goal.", "When was he born?"),
            "Mike Eruzione: When was he born?",
        ),
    ],
)
def test_a_follow_up_gets_what_it_leans_on(said: tuple[str, ...], question: str):
    understood = understand(talk(*said))
    assert (understood.question, understood.small_talk) == (question, None)
    assert understood.rewritten is (question != said[-1])


@pytest.mark.parametrize(
    "question",
    [
        "Where is the Nile?",
        "And where is the Nile?",
        "What is photosynthesis?",
        "Did Caesar know that his friends would kill him?",
        "Does Hannibal still live, or did he die?",
        "How did tamales make their way to Texas?",
        "Is it true that Hannibal crossed the Alps?",
        "How long does it take to boil an egg?",
        "Which people are those who vote?",
        "Are there any rivers in Egypt?",
        "Thanks! Who built the pyramids of Giza?",
        "Wo liegt Berlin?",
        "尼罗河在哪里？",
    ],
)
def test_a_complete_question_stays_as_it_is(question: str):
    for said in ((question,), (*ROME, question), (*ROME, *TOWER, question)):
        understood = understand(talk(*said))
        assert (understood.question, understood.rewritten) == (question, False)


@pytest.mark.parametrize(
    ("said", "words", "context", "weight"),
    [
        ((*ROME, "Thanks, and when was it sacked?"), "when was it sacked?", "Rome", 1.0),
        ((*ROME, "Where is the Nile?"), "Where is the Nile?", "Rome", 0.25),
        ((*TOWER, "And the Burj Khalifa?"), "How tall is the Burj Khalifa?", "Eiffel Tower", 1.0),
        ((*ROME, *TOWER, "Who built it?"), "Who built it?", "Rome, Eiffel Tower", 1.0),
        ((*ROME, *TOWER, *ROME, "Why?"), "Why?", "Eiffel Tower, Rome", 1.0),
        (
            ("Who scored the goal?", "Mike Eruzione scored the goal.", "When was he born?"),
            "When was he born?",
            "Mike Eruzione",
            1.0,
        ),
    ],
)
def test_the_users_words_are_sought_and_the_topics_beside_them(
    said: tuple[str, ...], words: str, context: str, weight: float
):
    understood = understand(talk(*said))
    assert understood.words == words
    assert understood.context == Context(query=f"{words} {context}", weight=weight)


@pytest.mark.parametrize(
    "said", [("Who founded Rome?",), ("Thanks!", "Gladly.", "Who founded Rome?")]
)
def test_nothing_is_sought_beside_a_first_question(said: tuple[str, ...]):
    understood = understand(talk(*said))
    assert (understood.words, understood.context) == ("Who founded Rome?", None)


def test_a_long_conversation_is_sought_by_its_latest_topics():
    said = [one for n in range(40) for one in (f"Where is Placename{n}?", "There.")]
    context = understand(talk(*said, "Where is Rome?")).context
    assert context is not None
    assert context.query.startswith("Where is Rome? Placename3")
    assert context.query.endswith(", Placename39")
    assert count_tokens(context.query) <= count_tokens("Where is Rome?") + 24


def test_a_new_topic_takes_the_place_of_the_old_one():
    said = (*ROME, "Where does the Nile end?", "In the sea.", "How long is it?")
    assert understand(talk(*said)).question == "Nile: How long is it?"


def test_the_topic_is_kept_through_follow_ups():
    said = (
        *ROME,
        "When was it sacked?",
        "In 410.",
        "By whom?",
        "By Goths.",
        "Did they stay there?",
    )
    assert understand(talk(*said)).question.startswith("Rome")


def test_a_question_without_history_stays_as_it_is():
    assert understand(talk("When was it sacked?")).question == "When was it sacked?"


def test_the_marks_of_citations_are_no_topic():
    cited = "Romulus [1](https://a.example/documents/x?start=1) founded it.[^1]\n\n[^1]: Livy\n"
    said = ("Who founded Rome?", cited, "When?", "In 753. [1] [2, 3]", "Who was he?")
    understood = understand(talk(*said))
    assert understood.history[1].content == "Romulus founded it."
    assert understood.history[3].content == "In 753."
    assert "example" not in understood.question
    assert "Livy" not in understood.question


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("It fell. [1] It rose.[2][3]", "It fell. It rose."),
        ('See [the map](http://a.example/m "big").', "See the map."),
        ("![1](http://a.example/x.png)So 【4†source】", "So"),
        ("a [b] c [2019]", "a [b] c [2019]"),
        ("One.\n[1]: http://a.example\n[^n]: Note\nTwo.", "One.\nTwo."),
    ],
)
def test_answers_as_plain_text(answer: str, text: str):
    assert plain(answer) == text


words = st.text(st.sampled_from("ab AB.?![](^1):\n'’ é谁"), max_size=80)


@given(st.lists(words, max_size=6), words)
def test_whatever_is_said_there_is_a_question_that_can_be_asked(said: list[str], last: str):
    messages = [*talk(*said), Message(role="user", content=last)]
    understood = understand(messages)
    assert (understood.small_talk is None) == (bool(understood.question) or not last.strip())
    assert len(understood.question) <= MAX_QUESTION
    if not said:
        assert understood.question in ("", last.strip())


def test_a_question_near_the_limit_stays_within_it():
    long = "Why is it " + "so very " * 248 + "tall?"
    assert len(long) <= MAX_QUESTION
    question = understand(talk(*TOWER, long)).question
    assert len(question) <= MAX_QUESTION
    assert question.endswith("tall?")
    over = long + "x" * MAX_QUESTION
    assert understand(talk(*TOWER, over)).question == over  # to be refused as it is


def test_a_topic_leaves_the_evidence_model_the_question():
    many = ("Who are " + ", ".join(f"Person{n} Family{n}" for n in range(60)) + "?", "I know.")
    question = understand(talk(*many, "Where do they live?")).question
    assert question.endswith("Where do they live?")
    assert count_tokens(question) <= 64


def test_history_is_the_latest_that_fits():
    messages = talk("one " * 50, "two", "three", "four " * 2000)
    system = Message(role="system", content="Be kind.")
    kept = recent([system, *messages, system], 270)
    assert [one.content[:5] for one in kept] == ["two", "three", "four "]
    assert kept[-1].content.endswith("four …")
    assert sum(count_tokens(one.content) for one in kept) <= 270
    assert recent(messages, 0) == ()


@pytest.mark.parametrize("said", [(), ("Hi", "Hello")])
def test_only_the_user_can_ask(said: tuple[str, ...]):
    with pytest.raises(InvalidQuestion):
        understand(talk(*said))


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("hi", "Hello."),
        ("Hello there!", "Hello."),
        ("Good morning :)", "Hello."),
        ("Bonjour", "Hello."),
        ("你好", "Hello."),
        ("Hi! Who are you?", "I am citespan."),
        ("hello, what can you do for me?", "I am citespan."),
        ("What's your name?", "I am citespan."),
        ("help", "I am citespan."),
        ("Are you a bot?", "I am citespan."),
        ("how are you today?", "I am well"),
        ("Thanks a lot!", "You are welcome."),
        ("ok, thank you very much", "You are welcome."),
        ("Danke!", "You are welcome."),
        ("great, bye", "Goodbye."),
        ("That’s all for now. Thanks!", "You are welcome."),
        ("Got it.", "Good."),
        ("no", "Good."),
    ],
)
def test_small_talk_gets_a_reply(message: str, reply: str):
    understood = understand(talk(*ROME, message))
    assert understood.small_talk is not None
    assert understood.small_talk.startswith(reply)
    assert (understood.question, understood.rewritten) == ("", False)


@pytest.mark.parametrize(
    "message",
    [
        "Thanks, and when was it founded?",
        "Who are you in the story?",
        "Who are you talking about?",
        "Hello Kitty",
        "Who sang Hello?",
        "Hi, where is the Nile?",
        "What can you do with a lime?",
        "What can I ask the landlord?",
        "How do you do a push-up?",
        "How are you supposed to take it?",
        "help with taxes",
        "What is your name day?",
        "Is it good?",
        "Good Friday",
        "ok, and why?",
        "The Great Gatsby",
        "",
        "?",
        "Nice, France",
        "bye-laws",
        "yes",
    ],
)
def test_a_question_is_no_small_talk(message: str):
    assert small_talk(message) is None


# Phrases that share words can be taken apart in many ways: each kind of them, with an end that
# makes the matcher try them all
@pytest.mark.parametrize(
    "phrase", ["cool", "nice", "so good", "very helpful", "thanks so much", "no thanks", "good day"]
)
def test_small_talk_is_told_at_once_from_what_only_looks_like_it(phrase: str):
    for end in ("x", "good x", "-", ""):
        longest = f"{phrase} " * (110 // (len(phrase) + 1))
        try:
            with processor_limit(5.0):
                reply = small_talk(longest + end)
        except TooSlow:
            pytest.fail(f"{longest + end!r}")
        assert (reply is None) == (end in ("x", "good x", "-"))


def test_what_is_long_is_no_small_talk():
    assert small_talk("hi " * 40) is not None
    assert small_talk("hi " * 41) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Who scored the goal in the Miracle on Ice?", ["Miracle on Ice"]),
        ("Is R. Kelly's Surviving R. Kelly good?", ["R. Kelly", "Surviving R. Kelly"]),
        ("What do Polish eat on Fat Thursday?", ["Polish eat", "Fat Thursday"]),
        ("Which Mesoamerican tribe is it?", ["Mesoamerican tribe"]),
        ("Was Boeing 747 built?", ["Boeing 747"]),
        ("Geese fly. Swans too.", []),
        ("what is the nile?", []),
    ],
)
def test_names(text: str, found: list[str]):
    assert names(text) == found


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        ("When was Rome sacked?", True),
        (' "When was Rome sacked?"\n', True),
        ("When did the sack of Rome take place?", True),
        ("", False),
        ("Rome was sacked in 410.", False),
        ("When was Rome sacked", False),
        ("When was Carthage sacked?", False),
        ("When was Rome sacked in 410?", False),
        ("Sure!\nWhen was Rome sacked?", False),
        ("When was Rome " + "really " * MAX_REWRITTEN + "sacked?", False),
        ("When was \u202eRome sacked?", False),
        ("When was Rome sacked? http://a.example/1?", False),
    ],
)
def test_what_a_model_writes_counts_only_as_the_same_question(written: str, *, counts: bool):
    history = recent(talk(*ROME), 100)
    assert (believed(written, "When was it sacked?", history) is not None) is counts


@contextmanager
def model_that_writes(text: str, *, hangs: bool = False) -> Generator[tuple[Endpoint, list[str]]]:
    """An endpoint of a real server, and what it was asked."""
    asked: list[str] = []
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body["messages"][-1]["content"])
            if hangs:
                released.wait()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for delta, reason in (({"content": text}, None), ({}, "stop")):
                choice = {"index": 0, "delta": delta, "finish_reason": reason}
                chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1}
                data = json.dumps({**chunk, "model": "m", "choices": [choice]})
                self.wfile.write(f"data: {data}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, format: str, *args: object):  # noqa: A002  (the name is inherited)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/v1"
        try:
            with Endpoint(base_url=address, model="m", retries=0) as endpoint:
                yield endpoint, asked
        finally:
            released.set()
            server.shutdown()
            thread.join()


def test_a_model_rewrites_what_leans():
    with model_that_writes("When was Rome sacked?") as (endpoint, asked):
        understood = understand(talk(*ROME, "When was it sacked?"), endpoint)
    assert (understood.question, understood.rewritten) == ("When was Rome sacked?", True)
    assert (understood.words, understood.context) == ("When was Rome sacked?", None)
    assert "Assistant: Romulus founded Rome." in asked[0]
    assert "When was it sacked?" in asked[0]


def test_a_model_is_not_asked_what_stands_alone():
    with model_that_writes("What?") as (endpoint, asked):
        assert understand(talk(*ROME, "Where is the Nile?"), endpoint).rewritten is False
        assert understand(talk(*ROME, "Thanks!"), endpoint).small_talk
    assert asked == []


def test_where_a_model_writes_something_else_the_rules_decide():
    with model_that_writes("Rome was sacked in 410 by Alaric.") as (endpoint, asked):
        understood = understand(talk(*ROME, "When was it sacked?"), endpoint)
    assert understood.question == "Rome: When was it sacked?"
    assert len(asked) == 1


def test_where_a_model_hangs_the_rules_decide():
    with model_that_writes("", hangs=True) as (endpoint, asked):
        understood = understand(talk(*ROME, "When was it sacked?"), endpoint, limit_s=0.3)
    assert understood.question == "Rome: When was it sacked?"
    assert len(asked) == 1


def test_where_the_client_has_gone_the_model_is_stopped():
    gone = threading.Event()
    gone.set()
    with model_that_writes("", hangs=True) as (endpoint, _):
        understood = understand(
            talk(*ROME, "When was it sacked?"), endpoint, limit_s=600, cancelled=gone
        )
    assert understood.question == "Rome: When was it sacked?"
