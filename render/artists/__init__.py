"""Artists: one module per model family."""
