"""Studies of quality: `python -m citespan.evals.studies.NAME`."""
