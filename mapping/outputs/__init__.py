"""Outputs: one module per kind of display, window or file."""
