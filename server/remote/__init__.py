"""The remote: the phone page and its API."""
