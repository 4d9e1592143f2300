"""TeX formulas as MathML, which browsers draw themselves; and what of MathML a page may hold.

The converter knows ordinary TeX. What it doesn't know it passes on as it is written, and what
browsers don't know it still writes; both are repaired here, or the whole formula stays TeX, which
is readable at least.
"""

import html
import re
import unicodedata
from contextlib import suppress
from typing import Any
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

FORMULA_MAX = 4000  # characters; what is longer is shown as it was written
DOLLARS = {  # what of a text is a formula: "$5 or $10" are prices
    "allow_labels": False,
    "allow_space": False,
    "allow_digits": False,
    "double_inline": True,
}
TAGS = {
    *(
        "math",
        "mrow",
        "mi",
        "mn",
        "mo",
        "ms",
        "mtext",
        "mspace",
        "mfrac",
        "msqrt",
        "mroot",
        "mstyle",
        "mpadded",
    ),
    *(
        "mphantom",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mtable",
        "mtr",
        "mtd",
        "menclose",
    ),
}
ATTRIBUTES = {
    *(
        "display",
        "displaystyle",
        "scriptlevel",
        "mathvariant",
        "stretchy",
        "fence",
        "separator",
        "form",
        "accent",
    ),
    *(
        "accentunder",
        "lspace",
        "rspace",
        "minsize",
        "maxsize",
        "movablelimits",
        "linethickness",
        "columnalign",
    ),
    *(
        "columnspacing",
        "rowspacing",
        "columnlines",
        "rowlines",
        "width",
        "height",
        "depth",
        "notation",
    ),
}


def spaced_operator(match: re.Match[str]) -> str:
    """The name of an operator with plain spaces."""
    name = re.sub(r"(?:\\[,;:! ]|[~\s])+", " ", match[1]).strip()
    return rf"\operatorname{{{name}}}"


ENVIRONMENTS = r"aligned|alignedat|alignat\*?|align\*?|eqnarray\*?|split"
NO_MEANING = (
    r"\\(?:begin|end)\{(?:equation|displaymath)\*?\}|\\(?:nonumber|notag)\b|\\label\{[^}]*\}"
)
# What the converter lacks → what it has for it.
SAME_AS: list[tuple[re.Pattern[str], Any]] = [
    (re.compile(rf"\\(begin|end)\{{(?:{ENVIRONMENTS})\}}(?:\{{\d+\}})?"), r"\\\1{split}"),
    (re.compile(r"\\begin\{(?:gather(?:ed|\*)?|multline\*?)\}"), r"\\begin{array}{c}"),
    (re.compile(r"\\end\{(?:gather(?:ed|\*)?|multline\*?)\}"), r"\\end{array}"),
    (re.compile(r"\\(begin|end)\{dcases\}"), r"\\\1{cases}"),
    (re.compile(NO_MEANING), ""),
    (re.compile(r"\\operatorname\s*\*?\s*\{([^{}]*)\}"), spaced_operator),
    (re.compile(r"\\(R|N|Z|Q|C)(?![A-Za-z])"), r"\\mathbb{\1}"),
    (re.compile(r"\\(arg)(?![A-Za-z])"), r"\\operatorname{\1}"),
]
CHILDREN = dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2)
CHILDREN |= dict.fromkeys(("msubsup", "munderover"), 3)
BELOW = {"msub": "munder", "msubsup": "munderover"}
TAKE_LIMITS = {
    *("lim", "max", "min", "sup", "inf", "arg max", "arg min", "argmax", "argmin"),
    *"∏∐∑⋀⋁⋂⋃⨁⨂",
}
SPACES = {"negativethinmathspace": "-0.167em"}


class NotDrawable(Exception):
    """No browser would show what was meant."""


def draw(tex: str, options: dict[str, Any]) -> str:
    """MathML of `tex`; the formula as code where it can't be drawn."""
    display = "block" if options["display_mode"] else "inline"
    try:
        return tostring(element(tex, display), encoding="unicode")
    except NotDrawable:
        return f"<code>{html.escape(tex)}</code>"


def element(tex: str, display: str) -> Element:
    """Raises NotDrawable."""
    if len(tex) > FORMULA_MAX:
        raise NotDrawable("too long")
    for pattern, other in SAME_AS:
        tex = pattern.sub(other, tex)
    try:
        formula = convert_to_element(tex, display=display)
    except Exception as exc:  # whatever a malformed formula makes it stumble over
        raise NotDrawable(str(exc)) from exc
    for part in formula.iter():
        # It writes symbols as references; whoever writes XML escapes again.
        part.text = html.unescape(part.text or "")
    for part in formula.iter():
        check_part(part)
        style_part(part)
        if display == "block" and part.tag in BELOW and "".join(part[0].itertext()) in TAKE_LIMITS:
            part.tag = BELOW[part.tag]
    return formula


def check_part(part: Element) -> None:
    """Raises NotDrawable for an unknown command, a lost alignment or line, and a part without its
    other half.
    """
    text = part.text or ""
    lost = text == "&" or text.startswith("\\") or part.get("linebreak")
    if part.tag not in TAGS or lost or len(part) != CHILDREN.get(part.tag, len(part)):
        raise NotDrawable(text)
    for name in set(part.attrib) - ATTRIBUTES - {"xmlns"}:
        del part.attrib[name]  # colours and addresses


def style_part(part: Element) -> None:
    """Browsers know letters of each style, and no longer the attribute that asks for one."""
    part.set("width", SPACES.get(part.get("width", ""), part.get("width", "")))
    variant = part.get("mathvariant", "normal")
    if not part.get("width"):
        del part.attrib["width"]
    if variant != "normal":
        part.text = "".join(styled(letter, variant) for letter in part.text or "")
        del part.attrib["mathvariant"]


def styled(letter: str, variant: str) -> str:
    """The letter of mathematics for x and "bold-italic"; `letter` itself where there is none."""
    pattern = r"(?:LATIN|GREEK|DIGIT) ?(CAPITAL|SMALL)? ?(?:LETTER )?(\w+)"
    match = re.fullmatch(pattern, unicodedata.name(letter, ""))
    if not match:
        return letter
    style = variant.upper().replace("BOLD-", "BOLD ").replace("-ITALIC", " ITALIC")
    name = f"{style} {match[1] or 'DIGIT'} {match[2]}"
    for candidate in (f"MATHEMATICAL {name}", name):  # some stood in Unicode before the others came
        with suppress(KeyError):
            return unicodedata.lookup(candidate)
    return letter
