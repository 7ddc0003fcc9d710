"""The studio: snapshots in, pictures out."""
