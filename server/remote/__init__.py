"""The remote: the phone page, its API and the guard in front of them."""
