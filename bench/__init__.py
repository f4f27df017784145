"""Benchmarks beside peers: `make bench`.  How they are taken, and what they say, is in docs/benchmarks.md."""
