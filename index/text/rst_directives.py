"""What directives of reStructuredText do with what is in them, by their names."""

CODE = {"code-block", "code", "sourcecode", "parsed-literal", "prompt", "doctest", "testcode"}
UNSEEN = {
    "image", "toctree", "contents", "include", "literalinclude", "index", "raw", "highlight",
    "module", "currentmodule", "meta", "default-role", "role", "sectionauthor", "codeauthor",
    "autoclass", "autofunction", "automodule", "replace", "unicode", "date",
}  # fmt: skip
SIGNED = {
    "class", "function", "method", "attribute", "data", "exception", "option", "envvar",
    "staticmethod", "property",
}  # fmt: skip
SINCE = {"versionadded": "Added in version ", "versionchanged": "Changed in version ",
         "deprecated": "Deprecated since version "}  # fmt: skip
