"""Whole numbers that people send, in addresses and in forms.

Python refuses to read one of more than 4,300 digits, and no column holds one of more than eighteen.
"""

DIGITS_MAX = 18


def whole_number(text: str) -> int | None:
    """The number that a text is; None for anything else, and for more than any column holds.

    No row has the key 0.
    """
    if text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX:
        return int(text)
    return None
