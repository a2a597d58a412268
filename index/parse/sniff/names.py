"""What names and media types say of texts."""

_SOURCE = {
    "python": "py pyi pyx",
    "c": "c h",
    "c++": "cc cpp cxx hh hpp hxx",
    "csharp": "cs",
    "java": "java",
    "kotlin": "kt kts",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts tsx",
    "go": "go",
    "rust": "rs",
    "ruby": "rb",
    "php": "php",
    "perl": "pl pm",
    "r": "r",
    "scala": "scala",
    "swift": "swift",
    "sql": "sql",
    "sh": "sh bash zsh",
    "powershell": "ps1",
    "lua": "lua",
    "haskell": "hs",
    "css": "css scss",
    "yaml": "yaml yml",
    "toml": "toml",
    "ini": "ini cfg conf properties",
    "log": "log",
}

_TEXTS = {
    "text/plain": "txt text",
    "text/markdown": "md markdown mdx mdown mkd qmd rmd",
    "text/x-rst": "rst rest",
    "text/asciidoc": "adoc asciidoc asc",
    "text/x-tex": "tex ltx latex",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv tab",
    "text/html": "html htm xhtml",
    "text/vtt": "vtt",
    "application/x-subrip": "srt",
    "application/json": "json geojson ipynb",
    "application/x-ndjson": "jsonl ndjson",
    "application/xml": "xml rss atom svg xsd",
    "message/rfc822": "eml mht mhtml",
}

SUFFIXES = {f".{suffix}": kind for kind, names in _TEXTS.items() for suffix in names.split()} | {
    f".{suffix}": f"text/x-{language}"
    for language, names in _SOURCE.items()
    for suffix in names.split()
}

HINTS = {kind: kind for kind in _TEXTS} | {
    "application/xhtml+xml": "text/html",
    "text/xml": "application/xml",
    "text/json": "application/json",
    "application/jsonl": "application/x-ndjson",
    "application/x-jsonlines": "application/x-ndjson",
    "application/csv": "text/csv",
    "text/x-markdown": "text/markdown",
    "text/x-asciidoc": "text/asciidoc",
    "text/prs.fallenstein.rst": "text/x-rst",
    "text/x-latex": "text/x-tex",
    "application/x-tex": "text/x-tex",
}
