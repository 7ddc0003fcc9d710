"""Scores that people already have, in the notations of other programs, read into show files (see docs/dialects.md)."""
