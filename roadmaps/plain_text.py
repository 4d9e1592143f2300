"""Plain text without characters that no reader sees and that formats take for their own.

A line break in a title ends a calendar's line or a mail's header, and signs of direction turn what
follows around.
"""

import re

CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029"  # C0, C1, and Unicode's own line breaks
# They turn the direction of what follows, beyond the end of their text too.
DIRECTIONS = "\u202a-\u202e\u2066-\u2069"
NOT_OF_A_LINE = re.compile(f"[{CONTROL}{DIRECTIONS}]")
CONTROLS = re.compile(f"[{CONTROL}]+")
LINE_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Control characters, and what XML can't hold.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def one_line(text: str) -> str:
    """The text on one line: a break becomes a space."""
    if not NOT_OF_A_LINE.search(text):
        return text
    return re.sub(f"[{DIRECTIONS}]", "", CONTROLS.sub(" ", text)).strip()


def many_lines(text: str) -> str:
    """The text with line feeds and tabs as its only control characters."""
    return UNPRINTABLE.sub("", LINE_BREAK.sub("\n", text))
