"""Reports of a run for people to read."""
