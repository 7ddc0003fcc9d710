"""Critics: what looks at pictures and says how well they fit words."""
