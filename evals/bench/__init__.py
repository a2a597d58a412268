"""Benchmarks: commands that print what the README claims."""
