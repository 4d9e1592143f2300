"""Search of roadmaps by an index: words of title and goal by their beginnings, and learners' names.

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
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
WORDS_MOST = 10  # of one search; what is said after them is left out
LEARNERS_MOST = 500  # whose names hold a word
KEYS_MOST = 2000


def found_by(text: str, roadmaps: QuerySet[Any]) -> QuerySet[Any]:
    """Roadmaps with each word of `text` in title, goal or the learner's name, or with it as an id.

    Few are named by their keys: PostgreSQL doesn't know how rare a word is, and for a list's order
    would rather read every row than use the index. Of many, the first of any order are soon met.
    """
    matches = matching(text, roadmaps)
    keys = list(matches.order_by().values_list("pk", flat=True)[: KEYS_MOST + 1])
    if len(keys) > KEYS_MOST:
        return matches
    return roadmaps.filter(pk__in=keys)


def matching(text: str, roadmaps: QuerySet[Any]) -> QuerySet[Any]:
    if id := as_uuid(text):
        return roadmaps.filter(Q(pk=id) | Q(thread_id=id) | Q(run_id=id))
    terms = [term for term in text.split() if any(map(str.isalnum, term))][:WORDS_MOST]
    if not terms:
        return roadmaps.none()

    # Learners are asked for first: a condition on another table in an OR keeps PostgreSQL from
    # using the index.
    named = Q()
    for term in terms:
        named |= Q(username__icontains=term)
    learners = list(User.objects.filter(named).values_list("pk", "username")[:LEARNERS_MOST])

    roadmaps = roadmaps.alias(words=WORDS)
    for term in terms:
        owners = [pk for pk, name in learners if term.casefold() in name.casefold()]
        roadmaps = roadmaps.filter(_in_title_or_goal(term) | Q(owner__in=owners))
    return roadmaps


def _in_title_or_goal(term: str) -> Q:
    """The condition that title or goal has the term, by the index where its words begin so."""
    lookup = "contains" if term.upper() == term.lower() else "icontains"
    literally = Q((f"title__{lookup}", term)) | Q((f"goal__{lookup}", term))
    if WITHOUT_SPACES.search(term):
        return literally
    spaced = term.translate(str.maketrans(SIGNS, " " * len(SIGNS)))
    quoted = spaced.replace("\\", "\\\\").replace("'", "''")
    begun = Q(words=SearchQuery(f"'{quoted}':*", config="simple", search_type="raw"))
    if any(sign in term for sign in SIGNS):
        return begun & literally
    return begun
