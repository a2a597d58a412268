"""Presentations of PowerPoint (.pptx, .pptm, .ppsx)."""

from citespan.index.parse.formats.details import details
from citespan.index.parse.formats.drawing import paragraphs
from citespan.index.parse.formats.markup import Element, local
from citespan.index.parse.formats.ooxml import RELATION, Package
from citespan.index.parse.formats.slides import Layouts, Shapes, kind_of
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.places import Slide
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "pptx 2"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_MAX_SLIDES = 5000


def read(data: bytes, request: Request) -> Parsed:
    """Read a presentation: each slide's title, shapes from top to bottom, and notes.

    Hidden slides are kept and marked. Footers are furniture, comments come last.

    Raises:
        Unreadable: it is encrypted, damaged, too large, or holds no text.
    """
    package = Package(data, request)
    show = Show(package)
    slides = show.slides()
    for number, part in enumerate(slides, 1):
        show.read_slide(number, part)
    for number, part in enumerate(slides, 1):
        show.read_comments(number, part)
    show.read_footers()
    title, metadata = package.properties()
    return show.writer.parsed(
        MEDIA_TYPE,
        MADE_BY,
        title=title or show.title,
        metadata={**metadata, **details(slides=len(slides))},
        warnings=package.archive.warnings,
    )


class Show:
    """A presentation while it is read."""

    def __init__(self, package: Package) -> None:
        self.writer = BlockWriter()
        self.title = ""
        self._package = package
        self._layouts = Layouts(package)
        self._footers: dict[str, Slide] = {}

    def slides(self) -> list[str]:
        """Return the parts of the slides in the order in which they are shown.

        Raises:
            Unreadable: there are more than 5,000.
        """
        main = self._package.main
        root, relations = self._package.tree(main), self._package.relations(main)
        ids = [entry.get(RELATION + "id") or "" for entry in root.iter(P + "sldId")]
        if len(ids) > _MAX_SLIDES:
            raise Unreadable("too_large", f"it has {len(ids)} slides; {_MAX_SLIDES} are allowed")
        parts = [relations[name].target for name in ids if name in relations]
        return [part for part in parts if self._package.has(part)]

    def read_slide(self, number: int, part: str) -> None:
        """Write a slide and its notes."""
        place = Slide(number)
        try:
            root = self._package.tree(part)
        except Unreadable as error:
            self.writer.warn("page_failed", f"slide {number}: {error}", partial=True)
            return
        shapes = Shapes(self._package, part, self.writer, place, self._layouts.of(part))
        tree = root.find(f"{P}cSld/{P}spTree")
        if root.get("show") in {"0", "false"}:
            self.writer.paragraph()
            self.writer.separate("(hidden slide)")
            self.writer.warn("hidden_slide", f"slide {number} is hidden in the presentation")
        if tree is not None:
            self._title(tree, place)
            shapes.write(tree)
        for text in shapes.footers:
            self._footers.setdefault(text, place)
        self._notes(part, Slide(number, notes=True))

    def read_comments(self, number: int, part: str) -> None:
        """Write the comments on a slide."""
        for listing in self._package.related(part, "comments"):
            for comment in self._package.tree(listing).iter():
                if local(comment) == "cm":
                    texts = [
                        one.text or "" for one in comment.iter() if local(one) in {"text", "t"}
                    ]
                    self.writer.block(" ".join(texts), Slide(number), prefix="Comment: ")

    def read_footers(self) -> None:
        """Write each different footer of the slides once."""
        start = self.writer.length
        for text, place in self._footers.items():
            self.writer.block(text, place)
        self.writer.furnish(start)

    def _title(self, tree: Element, place: Slide) -> None:
        for shape in tree.iter(P + "sp"):
            body = shape.find(P + "txBody")
            if body is None or kind_of(shape) not in {"title", "ctrTitle"}:
                continue
            title = folded(" ".join(one.text for one in paragraphs(body)))
            self.writer.block(title, place, level=1)
            self.title = self.title or title

    def _notes(self, part: str, place: Slide) -> None:
        for notes in self._package.related(part, "notesSlide"):
            prefix = "Notes: "
            for shape in self._package.tree(notes).iter(P + "sp"):
                body = shape.find(P + "txBody")
                if body is None or kind_of(shape) != "body":
                    continue
                for paragraph in paragraphs(body):
                    self.writer.block(paragraph.text, place, prefix=prefix)
                    prefix = ""
