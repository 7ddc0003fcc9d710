"""Inputs: named streams of numbers and touches; one module per kind."""
