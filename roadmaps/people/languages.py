"""Languages of courses and links, by the name that their speakers know."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError


@lru_cache(maxsize=512)
def name_of(tag: str) -> str:
    """The name of a language, "Deutsch" for "de"; the tag itself where Babel knows no name."""
    try:
        name: str | None = Locale.parse(tag, sep="-").get_display_name()
    except (ValueError, UnknownLocaleError):  # no tag, or one without a name
        return tag
    if not name:
        return tag
    return name[:1].upper() + name[1:]
