"""The kinds of sources, each behind the same contract."""
