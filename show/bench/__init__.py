"""Benchmarks: every number that the documents claim is printed by one of these."""
