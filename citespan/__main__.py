"""`python -m citespan`: the command line."""

from citespan.commands import main

main()
