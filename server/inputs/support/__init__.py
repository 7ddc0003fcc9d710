"""What the inputs are built from; the inputs themselves lie one folder up."""
