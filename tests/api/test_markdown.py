"""No text of a document becomes a link, a tag or other markup where messages are rendered."""

import itertools
import os
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rendering import Shown, node_renderers, rendered, rendered_by_node

from citespan.api.openai.markdown import unlinked, written
from citespan.index.text.unseen import shown
from citespan.qa.question.understanding import plain

OURS = "http://127.0.0.1:8000/v1/documents/a/text?revision=1&start=0&end=9"
HOSTILE = [
    "evil.com", "spy@evil.com", "//evil.com/x", "evil.com/p?q=1", "www.evil.com", "WWW.evil.com",
    "http://evil.com", "HTTPS://EVIL.COM/", "ftp://evil.com", "mailto:a@b.co", "xmpp:a@b.co/c",
    "javascript:alert(1)", "data:text/html,x", "tel:+123456789", "vbscript:x", "1.2.3.4", "[::1]",
    "http://1.2.3.4:80/", "http://localhost:8000", "evil.zip", "report.md", "evil\u200b.com",
    "evil.\u00adcom", "e\u200dvil.com", "evil。com", "evil．com", "xn--e1afmkfd.xn--p1ai",
    "例子.中国",
    "i❤.ws", "http://a:b@evil.com", "a+b@evil.co.uk", '"a b"@evil.com', "http:/\u200b/evil.com",
    "<https://evil.com>", "<a@b.co>", "<https://evil.com|click>", "<@U123>", "<!everyone>", "<#C1>",
    "@everyone", "@here", "@user/repo", "#123", "user/repo#1", ":smile:", "::warning::", "[x](y)",
    "[x](//evil.com)", "[x][y]", "[y]: http://evil.com", "[^1]", "[^1]: note", "![x](http://e.co/i)",
    "![x]", "<img src=x>", "<script>x</script>", "<!-- x -->", "<?x?>", "<!DOCTYPE x>",
    "<![CDATA[x]]>", "&lt;a&gt;", "&#x68;ttp://evil.com", "&colon;//evil.com", "\\[x\\](y)",
    "\\<a\\>", "`x`", "``` x", "~~~ x", "~~x~~", "*x*", "__x__", "_x_", "# x", "> x", "- x", "+ x",
    "* x", "1. x", "1) x", "---", "===", "***", "| a | b |", "|-|-|", "- [ ] x", "$x$", "$$x$$",
    "\\(x\\)", "==x==", "^x^", "{.a}", "{{x}}", "[[1]](http://evil.com)", "](http://evil.com)", "!",
    "[", "](", "<", "\\", "    x", "\tx", "x  ", "\n\n", "\n", "\r\n", "\u2028", "\x0b", "\x0c",
    "x",
    ":", "/", "//", ".", "@", "-", "a", "com", "\u200b", "\u00ad", "\u2060", "\ufeff", "\u202e",
    "10:30", "3.14", "e.g.", "U.S.", "wait...", "C#", "R&D", "50%", "a/b", "Who?",
    "\u0644\u200c\u0645",
]  # fmt: skip
FRAGMENTS = st.sampled_from(HOSTILE) | st.sampled_from([" ", "", "(", ")", '"', "'", ",", "。"])
TEXTS = st.lists(FRAGMENTS, min_size=1, max_size=5).map("".join)


def message(text: str) -> str:
    return f"{written(text)} [[1]]({OURS})"


def inert(name: str, text: str, found: Shown) -> None:
    """Only our own marker links, and the text is what the document says."""
    assert found.tags <= {"p", "a", "br"}, (name, text, found.tags)
    assert found.links == [OURS], (name, text, found.links)
    said = f"{shown(text)} [1]".split()
    assert found.text.replace("\u200b", "").split() == said, (name, text)


def pairs() -> list[str]:
    """Each fragment, and pairs of them: all with TEST_CYCLES, else one of 31."""
    joined = [left + right for left, right in itertools.product(HOSTILE, HOSTILE)]
    return [*HOSTILE, *joined[:: 1 if "TEST_CYCLES" in os.environ else 31]]


def test_what_documents_say_is_text_in_renderers_of_python() -> None:
    texts = pairs()
    found = rendered([message(text) for text in texts])
    for text, two in zip(texts, zip(found, found, strict=True), strict=True):
        for name, _, page in two:
            inert(name, text, page)


@given(TEXTS)
def test_generated_fragments_are_text_in_renderers_of_python(text: str) -> None:
    for name, _, page in rendered([message(text)]):
        inert(name, text, page)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs node and npm")
    with node_renderers(tmp_path_factory.mktemp("render")) as folder:
        return folder


def test_what_documents_say_is_text_in_renderers_of_javascript(node: Path) -> None:
    texts = pairs()
    of = {message(text): text for text in texts}
    for name, sent, page in rendered_by_node(node, list(of)):
        inert(name, of[sent], page)


def test_lines_and_paragraphs_of_an_answer_are_lines_and_paragraphs() -> None:
    sent = written("Two things:\n- a\n  - b\n\nNext")
    assert sent == "Two things:  \n\\- a  \n\\- b\n\nNext"
    assert written("\n\nNext") + written(" one.\n\n\t\nEnd") == "\n\nNext one.\n\nEnd"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_links_nowhere_as_text_and_as_markdown(text: str) -> None:
    for name, _, page in rendered([f"({unlinked(text)})", f"[{unlinked(text)}]({OURS})"]):
        assert set(page.links) <= {OURS}, (name, text, page.links)
        assert not page.tags & {"img", "script"}, (name, text, page.tags)
    assert unlinked(text).replace("\u200b", "").split() == shown(text).split()


@given(TEXTS)
@example("![x](http://e.co/i)")
@example("![x\\](http://e.co/i)")
def test_an_answer_that_is_sent_back_is_what_was_said(text: str) -> None:
    assert plain(written(text)).split() == plain_text(text).split()


def plain_text(text: str) -> str:
    return re.sub(r"\s+", " ", shown(text))
