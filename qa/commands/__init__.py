"""Commands about what is stored; the others are in `citespan.py` and `evals.commands`."""
