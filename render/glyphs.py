"""A five by seven dot alphabet for the test card, so that it needs no font file."""

from __future__ import annotations

import unicodedata
from typing import Final

import numpy as np
from numpy.typing import NDArray

HEIGHT: Final = 7
WIDTH: Final = 5
# Seven rows of five dots per letter, each row a number whose highest of five bits is the leftmost dot.
_ROWS: Final = {
    "A": "0E11111F111111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1E11111111111E", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111", "I": "0E04040404040E", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11191513111111", "O": "0E11111111110E",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "1111111515150A", "X": "11110A040A1111", "Y": "11110A04040404",
    "Z": "1F01020408101F", "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E",
    "4": "02060A121F0202", "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808", "8": "0E11110E11110E",
    "9": "0E11110F01020C", "-": "0000001F000000", ".": "00000000000C0C", "_": "0000000000001F", " ": "00000000000000",
}  # fmt: skip
_UNKNOWN: Final = "1F11111111111F"


def written(text: str) -> NDArray[np.bool_]:
    """Return the dots (7, 6 * letters - 1) of a text; accents are dropped, unknown letters become boxes."""
    plain = unicodedata.normalize("NFKD", text).upper()
    letters = [letter for letter in plain if not unicodedata.combining(letter)] or [" "]
    dots = np.zeros((HEIGHT, (WIDTH + 1) * len(letters) - 1), bool)
    for place, letter in enumerate(letters):
        rows = bytes.fromhex(_ROWS.get(letter, _UNKNOWN))
        for y, row in enumerate(rows):
            for x in range(WIDTH):
                dots[y, place * (WIDTH + 1) + x] = bool(row >> (WIDTH - 1 - x) & 1)
    return dots
