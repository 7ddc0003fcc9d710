"""Benchmarks of the studio: every figure that documents give of painting is printed by one of these."""
