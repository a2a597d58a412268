"""Metrics. Pure: spans, texts and ranks in, numbers out; never NaN."""
