"""Metrics, one family a module. Pure: values in, numbers out; None where nothing is counted."""
