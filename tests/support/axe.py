"""What keeps people out of a view, by axe-core; and whether the view is too wide."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

AXE = files("axe_playwright_python") / "axe.min.js"


def barriers(page: Page, view: str) -> list[tuple[str, str, str]]:
    """Return the violations of a view in light and dark: its name, the rule, the element."""
    page.evaluate("if (!window.axe) {" + AXE.read_text("utf-8") + "}")
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    page.emulate_media(color_scheme="light")
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    page.emulate_media(color_scheme="dark")  # which changes nothing but colours
    contrast = options | {"runOnly": ["color-contrast"]}
    found += page.evaluate("options => axe.run(document, options)", contrast)["violations"]
    told = [(view, one["id"], node["html"]) for one in found for node in one["nodes"]]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*told, *([(view, "too wide", str(wide))] if wide > 0 else [])]
