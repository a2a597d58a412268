"""Benchmarks, each beside a baseline of the same run: `python -m evals.bench` for speed."""
