"""Search by an index: roadmaps by words of title and goal, by their beginnings, and by learners'
names; concepts by words of their titles; people by the beginnings of names and addresses.

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


def words_of(*fields: str) -> SearchVector:
    spaced = (
        Func(field, Value(SIGNS), Value(" " * len(SIGNS)), function="translate") for field in fields
    )
    return SearchVector(*spaced, config="simple")


WORDS = words_of("title", "goal")
CONCEPT_WORDS = words_of("title")
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
    keys = _keys(matches.order_by())
    if len(keys) > KEYS_MOST:
        return matches
    return roadmaps.filter(pk__in=keys)


def some_found_by(text: str, roadmaps: QuerySet[Any]) -> list[Any]:
    """Keys of roadmaps that match; of a great many, any."""
    return _keys(matching(text, roadmaps.order_by()))


def matching(text: str, roadmaps: QuerySet[Any]) -> QuerySet[Any]:
    if id := as_uuid(text):
        return roadmaps.filter(Q(pk=id) | Q(thread_id=id) | Q(run_id=id))
    terms = _terms(text)
    if not terms:
        return roadmaps.none()

    # Learners are asked for first: a condition on another table in an OR keeps PostgreSQL from
    # using the index.
    named = Q()
    for term in terms:
        named |= Q(username__istartswith=term)
    learners = list(User.objects.filter(named).values_list("pk", "username")[:LEARNERS_MOST])

    roadmaps = roadmaps.alias(words=WORDS)
    for term in terms:
        owners = [pk for pk, name in learners if name.upper().startswith(term.upper())]
        roadmaps = roadmaps.filter(_has(term, "words", "title", "goal") | Q(owner__in=owners))
    return roadmaps


def of_concepts_found_by(text: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows of concepts that have each word of `text` in their title, or whose roadmap has.

    As with roadmaps, few are named by their keys.
    """
    from roadmaps.models import Concept, Roadmap  # whose indexes are made of WORDS

    terms = _terms(text)
    if not terms:
        return rows.none()
    by_title = Concept.objects.order_by().alias(words=CONCEPT_WORDS)
    for term in terms:
        by_title = by_title.filter(_has(term, "words", "title"))
    of_roadmaps = _keys(matching(text, Roadmap.objects.order_by()))
    keys = _keys(by_title)
    if len(keys) + len(of_roadmaps) <= KEYS_MOST:
        keys += _keys(Concept.objects.order_by().filter(roadmap__in=of_roadmaps))
    if len(keys) + len(of_roadmaps) <= KEYS_MOST:
        return rows.filter(concept__in=keys)

    rows = rows.alias(
        concept_words=words_of("concept__title"),
        words=words_of("concept__roadmap__title", "concept__roadmap__goal"),
    )
    in_concept, in_roadmap = Q(), Q()
    for term in terms:
        in_concept &= _has(term, "concept_words", "concept__title")
        in_roadmap &= _has(term, "words", "concept__roadmap__title", "concept__roadmap__goal")
    return rows.filter(in_concept | in_roadmap)


def _keys(rows: QuerySet[Any]) -> list[Any]:
    return list(rows.values_list("pk", flat=True)[: KEYS_MOST + 1])


def _terms(text: str) -> list[str]:
    return [term for term in text.split() if any(map(str.isalnum, term))][:WORDS_MOST]


def _has(term: str, words: str, *fields: str) -> Q:
    """The condition that one of the fields has the term, by the index where its words begin so."""
    lookup = "contains" if term.upper() == term.lower() else "icontains"
    literally = Q()
    for field in fields:
        literally |= Q((f"{field}__{lookup}", term))
    if WITHOUT_SPACES.search(term):
        return literally
    spaced = term.translate(str.maketrans(SIGNS, " " * len(SIGNS)))
    quoted = spaced.replace("\\", "\\\\").replace("'", "''")
    begun = Q((words, SearchQuery(f"'{quoted}':*", config="simple", search_type="raw")))
    if any(sign in term for sign in SIGNS):
        return begun & literally
    return begun
