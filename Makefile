.PHONY: check test eval bench serve

check:  ## Everything that CI runs, in a new virtual environment
	.ci/run

test:
	.venv/bin/pytest

eval:
	.venv/bin/citespan eval run

bench:
	.venv/bin/python -m citespan.evals.bench

serve:
	.venv/bin/citespan serve
