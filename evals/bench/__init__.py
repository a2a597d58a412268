"""Speed, memory and size of citespan, each beside a naive baseline measured in the same run."""
