"""The QR code of a link: as rows for the wall and the page, and as a text for a terminal."""

from __future__ import annotations

import segno


def rows(link: str) -> tuple[str, ...]:
    """Return the modules of a link's QR code, "1" for dark, one string per row, without the quiet zone of 4 modules."""
    code = segno.make(link, error="m", micro=False)
    return tuple("".join("1" if module else "0" for module in row) for row in code.matrix)


def terminal_qr(link: str) -> str:
    """Return a link's QR code for a terminal: two rows of modules per line, light modules drawn as blocks.

    Terminals are mostly dark, so the light modules are what is drawn; phones read the code either way round.
    """
    matrix = rows(link)
    wide = len(matrix) + 4
    blank = "0" * wide
    framed = [blank, blank, *(f"00{row}00" for row in matrix), blank, blank]
    if len(framed) % 2:
        framed.append("1" * wide)
    blocks = {"00": "█", "01": "▀", "10": "▄", "11": " "}
    lines = (
        "".join(blocks[upper + lower] for upper, lower in zip(framed[i], framed[i + 1], strict=True))
        for i in range(0, len(framed), 2)
    )
    return "\n".join(lines)
