"""Control, inputs, phone page and schedule."""
