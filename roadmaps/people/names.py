"""Names of people as others see them: one spelling, one script, none that passes for another.

Two names look alike when their skeletons are equal (Unicode Technical Standard 39): each character
is replaced by the one that it can be taken for, so that a Latin, a Cyrillic and a full-width “a”
are the same.
"""

import re
import unicodedata
from functools import cache
from itertools import chain

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

# Japanese, Korean and Chinese are each written in several scripts.
WRITTEN_TOGETHER = ({"HAN", "HIRAGANA", "KATAKANA"}, {"HAN", "HANGUL"}, {"HAN", "BOPOMOFO"})
OF_ALL_SCRIPTS = {"COMMON", "INHERITED"}  # digits, punctuation, accents
INVISIBLE = {"\u115f", "\u1160"}  # fillers of Hangul, which count as letters
LOOK_MAX = 300  # what is kept of a skeleton, which can be longer than its name


def normalized(name: str) -> str:
    """One spelling of the same text: without full width and ligatures, accents composed (NFKC)."""
    return unicodedata.normalize("NFKC", name)


def is_normalized(name: str) -> bool:
    return unicodedata.is_normalized("NFKC", name)


def printable(name: str) -> str:
    """The name normalised, on one line, without characters that are invisible or turn text."""
    visible = ""
    for char in normalized(name):
        if char.isspace() or not unicodedata.category(char).startswith("C"):
            visible += char
    return " ".join(visible.split())


def public(name: str) -> str:
    """The name as people outside the staff read it: of an email address, what is before the @."""
    return re.sub(r"(?<=\S)@\S+", "", name)


def skeleton(name: str) -> str:
    """A text that is equal for names that look alike; case makes no difference, as at sign-in."""
    looks = prototypes()
    for _round in range(2):  # a capital for what it looks like, then its small letter
        name = "".join(looks.get(char, char) for char in normalized(name)).casefold()
    return name[:LOOK_MAX]


@cache
def prototypes() -> dict[str, str]:
    """The characters that stand for each one that can be taken for them."""
    # Not at the module's top: its tables take 18 MB of every process, and few compare names.
    from confusable_homoglyphs import confusables

    classes: dict[str, set[str]] = {}
    longer: dict[str, str] = {}
    for char, lookalikes in confusables.confusables_data.items():
        letter = _bare(char)
        for lookalike in lookalikes:
            other = _bare(lookalike["c"])
            if len(letter) == len(other) == 1:
                joined = classes.get(letter, {letter}) | classes.get(other, {other})
                classes.update(dict.fromkeys(joined, joined))
            elif len(letter) == 1:
                longer[letter] = other
    return {char: min(alike, key=_preference) for char, alike in classes.items()} | longer


def _bare(text: str) -> str:
    """The text without the marks of direction around letters that run from right to left."""
    return text.strip("\u200e\u200f")


def _preference(char: str) -> tuple[bool, bool, str]:
    """A small Latin letter before a capital one, and both before any other."""
    return (not (char.isascii() and char.islower()), not (char.isascii() and char.isalpha()), char)


def check_letters(name: str) -> None:
    """Raise ValidationError for letters of several scripts, and for invisible ones."""
    from confusable_homoglyphs import categories  # as above

    scripts = {categories.alias(char) for char in name} - OF_ALL_SCRIPTS
    together = len(scripts) <= 1 or any(scripts <= written for written in WRITTEN_TOGETHER)
    if not together or INVISIBLE & set(name):
        raise ValidationError(_("Use the letters of one alphabet only."))


def is_address(name: str) -> bool:
    """Whether a name is an address of mail, which is private, and is signed in with as well."""
    try:
        validate_email(name)
    except ValidationError:
        return False
    return True


def is_reserved(name: str) -> bool:
    """Whether a name passes for the site or its staff, also with accents, digits, punctuation.

    One of its parts is enough (cairn-support, admin.bob), and in Chinese, which writes its words
    without anything between them, any place in it.
    """
    words = settings.ACCOUNT_USERNAME_BLACKLIST
    parts = re.split(r"[\W_]+", normalized(name))
    cores = _cores(name).union(*map(_cores, parts))
    if not cores.isdisjoint(chain.from_iterable(map(_cores, words))):
        return True
    return any(word in core for word in words if not word.isascii() for core in cores)


def _cores(name: str) -> set[str]:
    """Skeletons of a name's letters, and of letters and digits: “adm1n”, “admin1” are “admin”."""
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name)))
    letters = "".join(filter(str.isalpha, plain))
    # Here “i” is “l”: a digit 1 in the name of staff stands for either.
    return {skeleton(core).casefold().replace("i", "l") for core in (plain, letters) if core}
