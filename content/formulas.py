"""TeX formulas as MathML, which browsers draw themselves; and what of MathML a page may hold."""

import html
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

FORMULA_MAX = 4000  # characters; what is longer is shown as it was written
TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded"),
    *("mphantom", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "menclose"),
}
ATTRIBUTES = {
    *("display", "displaystyle", "scriptlevel", "mathvariant", "stretchy", "fence", "separator", "form", "accent"),
    *("accentunder", "lspace", "rspace", "minsize", "maxsize", "movablelimits", "linethickness", "columnalign"),
    *("columnspacing", "rowspacing", "columnlines", "rowlines", "width", "height", "depth", "notation"),
}


def draw(tex: str, options: dict[str, Any]) -> str:
    """MathML of `tex`; the formula as code where it has a mistake."""
    display = "block" if options["display_mode"] else "inline"
    try:
        if len(tex) > FORMULA_MAX:
            raise ValueError("too long")
        formula = convert_to_element(tex, display=display)
    except Exception:  # noqa: BLE001 - the converter raises whatever a malformed formula makes it stumble over
        return f"<code>{html.escape(tex)}</code>"
    for part in formula.iter():
        part.text = html.unescape(part.text or "")  # it writes symbols as references; the next line escapes again
    return ElementTree.tostring(formula, encoding="unicode")
