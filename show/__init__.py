"""What a show is, and what the processes agree on: pure, deterministic, no hardware."""
