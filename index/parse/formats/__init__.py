"""The readers, one module a family of formats: each turns bytes into a `Parsed`, and imports late.

A reader is `read(data: bytes, request: Request) -> Parsed`. It runs only in the child process of
`citespan.index.parse.isolation`. It opens no file, no socket and no process.
"""
