"""Images and scans, read by the real Tesseract: the extra `ocr`."""

import io
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tiny_pdf import Page, Pdf

from citespan.index.parse import Request, Unreadable
from citespan.index.parse.isolation import Sandbox
from citespan.index.parse.places import Box

pytest.importorskip("tesserocr")
image_module: Any = pytest.importorskip("PIL.Image")
draw_module: Any = pytest.importorskip("PIL.ImageDraw")
font_module: Any = pytest.importorskip("PIL.ImageFont")

WORDS = ["The harbour opens at seven in the morning", "and closes at nine in the evening."]


def drawn(size: tuple[int, int] = (1700, 800), at: tuple[int, int] = (100, 200)) -> Any:
    """Two lines of text, black on white, 200 dots an inch."""
    image = image_module.new("L", size, 255)
    font = font_module.load_default(48)
    for number, line in enumerate(WORDS):
        draw_module.Draw(image).text((at[0], at[1] + 70 * number), line, fill=0, font=font)
    return image


def saved(image: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"])
def test_an_image_is_read(sandbox: Sandbox, kind: str):
    parsed = sandbox.parse(saved(drawn(), kind), Request())
    assert parsed.text.strip() == " ".join(WORDS)
    assert parsed.media_type == f"image/{kind.lower()}"
    assert "tesseract" in parsed.made_by
    assert parsed.headings == []


@pytest.mark.parametrize("side", [4, 60, 400])
def test_a_picture_without_words_holds_no_text(sandbox: Sandbox, side: int):
    with pytest.raises(Unreadable) as refused:
        sandbox.parse(saved(image_module.new("L", (side, side), 255), "PNG"), Request())
    assert refused.value.code == "no_text"


def test_each_word_has_its_box(sandbox: Sandbox):
    parsed = sandbox.parse(saved(drawn(), "PNG", dpi=(200, 200)), Request())
    assert (parsed.pages[0].width, parsed.pages[0].height) == (6120, 2880)
    start = parsed.text.index("harbour")
    run = next(run for run in parsed.runs if run.start <= start < run.end)
    edges = run.edges[2 * (start - run.start) : 2 * (start + 7 - run.start)]
    font = font_module.load_default(48)
    left = 100 + font.getlength("The ")
    assert isinstance(run.place, Box)
    assert min(edges) == pytest.approx(left * 3.6, abs=20)  # tenths of a point for a pixel
    assert max(edges) == pytest.approx((left + font.getlength("harbour")) * 3.6, abs=20)
    assert run.place.y0 == pytest.approx(210 * 3.6, abs=40)


def test_each_frame_is_a_page(sandbox: Sandbox):
    frames = saved(drawn(), "TIFF", save_all=True, append_images=[drawn(at=(100, 500))])
    parsed = sandbox.parse(frames, Request())
    assert len(parsed.pages) == 2
    assert {run.place.page for run in parsed.runs if isinstance(run.place, Box)} == {1, 2}


def test_an_image_is_shown_upright(sandbox: Sandbox):
    turned = drawn().transpose(image_module.Transpose.ROTATE_90)
    exif = image_module.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    parsed = sandbox.parse(saved(turned, "JPEG", exif=exif), Request())
    assert "harbour opens" in parsed.text
    assert parsed.pages[0].width > parsed.pages[0].height


def scan() -> bytes:
    image = drawn((1024, 1024), at=(40, 200)).resize((1024, 1024))
    content = "q 612 0 0 612 0 100 cm /I Do Q"
    return Pdf([Page(content, image=image.tobytes())]).write()


def test_a_scanned_page_is_read(sandbox: Sandbox):
    parsed = sandbox.parse(scan(), Request())
    assert "harbour opens at seven" in parsed.text
    assert "pdfium" in parsed.made_by
    assert "tesseract" in parsed.made_by


def test_ocr_runs_only_where_it_may(sandbox: Sandbox):
    with pytest.raises(Unreadable, match="allow OCR") as refused:
        sandbox.parse(scan(), Request(ocr="never"))
    assert refused.value.code == "no_text"
    layered = Pdf([Page("BT /F 12 Tf 72 700 Td (Words that the file holds already) Tj ET")])
    assert "tesseract" not in sandbox.parse(layered.write(), Request()).made_by
    assert "tesseract" in sandbox.parse(layered.write(), Request(ocr="always")).made_by


def test_a_large_image_is_refused_by_its_header(sandbox: Sandbox):
    data = bytearray(saved(drawn(), "BMP"))
    data[18:26] = (60_000).to_bytes(4, "little") * 2
    with pytest.raises(Unreadable, match="million pixels") as refused:
        sandbox.parse(bytes(data), Request())
    assert refused.value.code == "too_large"


def test_a_damaged_image_is_refused(sandbox: Sandbox):
    data = saved(drawn(), "PNG")
    for broken in (data[:200], data[:30], data[:8]):
        with pytest.raises(Unreadable) as refused:
            sandbox.parse(broken, Request())
        assert refused.value.code == "corrupt"


def test_an_image_is_drawn_as_png(sandbox: Sandbox):
    picture = sandbox.render(saved(drawn(), "JPEG"), 1, 170)
    assert image_module.open(io.BytesIO(picture)).size == (170, 80)


def test_without_the_extra_it_is_named():
    code = (
        "import sys; sys.modules['tesserocr'] = None\n"
        "from citespan.index.parse.formats.images import read\n"
        "from citespan.index.parse import Request, Unreadable\n"
        "try: read(b'', Request())\n"
        "except Unreadable as refused: print(refused.code, refused)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("no_text ")
    assert "citespan[ocr]" in done.stdout
