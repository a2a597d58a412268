"""Public data sets, as JSON Lines, to data sets of this suite; each gives notes on what it did."""
