"""Words of the gallery's search: how a course's texts are kept, and what is looked up in them.

PostgreSQL splits a text into words by rules that follow its locale, and knows no words of scripts
without spaces. So signs become spaces before it sees a text, and of those scripts every two
characters that stand together are a word: whatever is searched for is then found by an index.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from roadmaps.models.search import WITHOUT_SPACES, WORDS_MOST

TEXT_MAX = 50_000  # characters of a course that are kept
KEPT_MAX = 20_000  # words, of a text in whatever script
BEGINNING = 3  # characters from which on a beginning is enough: shorter ones begin too many words
LOOKED_UP_MAX = 30  # words of one search, pairs of characters among them
_SPACELESS = WITHOUT_SPACES.pattern.strip("[]")
RUNS = re.compile(rf"(?P<pairs>[{_SPACELESS}]+)|(?P<word>[^\s{_SPACELESS}]+)")


def kept(texts: Iterable[str]) -> str:
    """The words of texts, each once, and the pairs of characters of those without spaces."""
    found: dict[str, None] = {}
    for run in RUNS.finditer(spaced("\n".join(texts)[:TEXT_MAX])):
        found |= dict.fromkeys([run["word"]] if run["word"] else pairs(run["pairs"]))
        # Of the last character no pair begins.
        found |= dict.fromkeys(run["pairs"][-1:] if run["pairs"] else "")
    return " ".join(list(found)[:KEPT_MAX])


def spaced(text: str) -> str:
    """The text without capitals, with spaces for everything that belongs to no word."""
    characters = unicodedata.normalize("NFKC", text).casefold()
    return "".join(" " if unicodedata.category(one)[0] in "PSZC" else one for one in characters)


def pairs(run: str) -> Iterator[str]:
    return (run[at : at + 2] for at in range(len(run) - 1))


def looked_up(text: str) -> str:
    """What PostgreSQL looks up for a search, as a text for to_tsquery; empty for no words."""
    words: dict[str, None] = {}
    for run in RUNS.finditer(" ".join(spaced(text).split()[:WORDS_MOST])):
        if run["word"]:
            beginning = ":*" if len(run["word"]) >= BEGINNING else ""
            words[f"'{run['word']}'{beginning}"] = None
        elif len(run["pairs"]) == 1:
            words[f"'{run['pairs']}':*"] = None
        else:
            words |= dict.fromkeys(f"'{pair}'" for pair in pairs(run["pairs"]))
    return " & ".join(list(words)[:LOOKED_UP_MAX])
