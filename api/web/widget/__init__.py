"""The widget: an element for any page that asks a collection, as modules without a build."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.web.widget.routes import widget

__all__ = ("widget",)

__getattr__ = names_of(__name__, {"widget": "citespan.api.web.widget.routes"})
