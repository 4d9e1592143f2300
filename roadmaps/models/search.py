"""Words of roadmaps, found by an index: those of title and goal by their beginnings, and who asked
for them.

PostgreSQL's configuration `simple` knows no language, so none is left out: words are whatever
stands between spaces and signs. Scripts that put no spaces between words have their characters
looked for in the rows themselves.
"""

import re
from typing import Any

from django.contrib.auth.models import User
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Func, Q, QuerySet, Value

from roadmaps.models.ids import as_uuid

# PostgreSQL takes node.js, TCP/IP or a-b for one word; here each half is found.
SIGNS = "./-_@:+#&;<>=?~"
WORDS = SearchVector(
    *(
        Func(field, Value(SIGNS), Value(" " * len(SIGNS)), function="translate")
        for field in ("title", "goal")
    ),
    config="simple",
)
# Thai, Lao, Burmese, Khmer; kana and the ideographs of Chinese and Japanese. Korean puts spaces.
WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
WORDS_MOST = 10  # of one search; what is said after them is left out
LEARNERS_MOST = 500  # whose names hold a word
KEYS_MOST = 2000


def found_by(text: str, roadmaps: QuerySet[Any]) -> QuerySet[Any]:
    """Those that have each word of `text`, in title, goal or the learner's name; or the id that it
    is.

    Few are named by their keys: PostgreSQL doesn't know how rare a word is, and for a list's order
    would rather read every row than use the index. Of many, the first of any order are soon met.
    """
    found = matching(text, roadmaps)
    keys = list(found.order_by().values_list("pk", flat=True)[: KEYS_MOST + 1])
    return found if len(keys) > KEYS_MOST else roadmaps.filter(pk__in=keys)


def matching(text: str, roadmaps: QuerySet[Any]) -> QuerySet[Any]:
    if found := as_uuid(text):
        return roadmaps.filter(Q(pk=found) | Q(thread_id=found) | Q(run_id=found))
    words = [word for word in text.split() if any(map(str.isalnum, word))][:WORDS_MOST]
    if not words:
        return roadmaps.none()
    learners = _learners(words)
    roadmaps = roadmaps.alias(words=WORDS)
    for word in words:
        named = [pk for pk, name in learners if word.casefold() in name.casefold()]
        roadmaps = roadmaps.filter(_written(word) | Q(owner__in=named))
    return roadmaps


def _learners(words: list[str]) -> list[tuple[Any, str]]:
    """Ids and names.

    Asked for first: a condition on another table in an OR keeps PostgreSQL from using the index.
    """
    named = Q()
    for word in words:
        named |= Q(username__icontains=word)
    return list(User.objects.filter(named).values_list("pk", "username")[:LEARNERS_MOST])


def _written(word: str) -> Q:
    lookup = "contains" if word.upper() == word.lower() else "icontains"
    literally = Q((f"title__{lookup}", word)) | Q((f"goal__{lookup}", word))
    if WITHOUT_SPACES.search(word):
        return literally
    quoted = (
        word.translate(str.maketrans(SIGNS, " " * len(SIGNS)))
        .replace("\\", "\\\\")
        .replace("'", "''")
    )
    begun = Q(words=SearchQuery(f"'{quoted}':*", config="simple", search_type="raw"))
    return begun & literally if any(sign in word for sign in SIGNS) else begun
