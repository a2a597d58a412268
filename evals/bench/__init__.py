"""Benchmarks, each next to a baseline: `python -m citespan.evals.bench` for speed."""
