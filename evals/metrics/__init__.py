"""Measures of answers, citations and abstentions. Pure."""
