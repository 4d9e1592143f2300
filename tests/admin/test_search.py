"""Roadmaps and their reviews found by words, by who asked, and by id."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from roadmaps.models import Roadmap, search
from roadmaps.models.search import found_by
from tests import courses
from tests.admin.test_inbox import listed, made

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def goals(owner):
    texts = {
        "bread": ("Bake sourdough bread", "I want to bake for my café"),
        "network": ("", "Understand TCP/IP and node.js"),
        "sharp": ("Learn C# well", "For games"),
        "plain": ("Learn C well", "For chips"),
        "greek": ("Αρχαία ελληνικά", "Ομήρου Οδύσσεια"),
        "russian": ("Учить русский язык", "для работы"),
        "chinese": ("", "我想学习做面包和蛋糕"),
        "japanese": ("パンの焼き方", "家でパンを焼く"),
        "thai": ("", "เรียนทำขนมปัง"),
        "korean": ("빵을 굽는 법", "집에서"),
        "hindi": ("रोटी बनाना सीखो", "घर पर"),
        "odd": ("100% of O'Reilly's back\\slash", "as it is"),
    }
    return {
        name: Roadmap.objects.create(owner=owner, title=t, goal=g).pk
        for name, (t, g) in texts.items()
    }


def found(goals, text):
    keys = set(found_by(text, Roadmap.objects.all()).values_list("pk", flat=True))
    return {name for name, key in goals.items() if key in keys}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sourdough", {"bread"}),
        ("SOUR bake", {"bread"}),
        ("bread bread", {"bread"}),
        ("bread for café", {"bread"}),
        ("ip", {"network"}),
        ("tcp/ip", {"network"}),
        ("node.js", {"network"}),
        ("js", {"network"}),
        ("C#", {"sharp"}),
        ("learn c", {"sharp", "plain"}),
        ("ελλην", {"greek"}),
        ("русск", {"russian"}),
        ("面包", {"chinese"}),
        ("パン", {"japanese"}),
        ("ขนมปัง", {"thai"}),
        ("굽는", {"korean"}),
        ("रोटी", {"hindi"}),
        ("o'reilly", {"odd"}),
        ("100", {"odd"}),
        ("back\\slash", {"odd"}),
        ("bread & café", {"bread"}),
        ("sourdough zeppelin", set()),
        ("ourdough", set()),  # the middle of a word
        ("'&|!:*()", set()),
        ("''", set()),
        ("bread:*|tcp", set()),
        ("!bread", {"bread"}),
        ("\\", set()),
        ("面條", set()),
        ("100%%", {"odd"}),
    ],
)
def test_words_are_found_by_their_beginnings_in_any_script(goals, text, names):
    assert found(goals, text) == names


def test_a_learner_is_found_by_name_alone_and_with_words(goals):
    other = courses.person("Wilhelmina")
    mine = Roadmap.objects.create(owner=other, goal="Bake sourdough bread")
    goals |= {"mine": mine.pk}
    assert found(goals, "wilhelm") == {"mine"}
    assert found(goals, "helmin") == set()  # the middle of a name
    assert found(goals, "bread wilhelmina") == {"mine"}
    assert found(goals, "tcp wilhelmina") == set()


def test_ids_of_roadmap_thread_and_run_find_it(goals):
    one = Roadmap.objects.get(pk=goals["thai"])
    for key in (one.pk, one.thread_id, one.run_id):
        assert found(goals, f" {key} ") == {"thai"}
    assert found(goals, str(one.owner_id).rjust(32, "0")) == set()


def test_the_inbox_and_the_list_of_roadmaps_search_so(client, owner):
    client.force_login(courses.reviewer("ada"))
    review, other = made(owner, 2)
    Roadmap.objects.filter(pk=review.roadmap_id).update(title="Pressing flowers")
    for text in ("flow press", owner.username[:3] + " flow", str(review.roadmap_id)):
        assert listed(client, f"?q={text}") == [review.pk], text
        page = client.get("/admin/roadmaps/roadmap/", {"q": text})
        assert [row.pk for row in page.context["cl"].result_list] == [review.roadmap_id]
    assert listed(client, "?q=zeppelin") == []
    assert listed(client, "?q=%20") == [review.pk, other.pk]


def test_a_search_asks_as_often_for_ten_words_as_for_one_and_leaves_the_rest_out(client, owner):
    made(owner)
    client.force_login(courses.reviewer("ada"))
    counts = []
    for words in ("learn", "learn the thing", "learn the thing with number 0 0 0 0 0 zeppelin"):
        listed(client, f"?q={words}")
        with CaptureQueriesContext(connection) as asked:
            assert len(listed(client, f"?q={words}")) == 1
        counts.append(len(asked))
    assert len(set(counts)) == 1


@pytest.mark.parametrize("text", ["sourdough", "sour bake", "node.js", "owner bread"])
def test_words_are_looked_up_in_the_index(goals, text):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows it would be the cheapest
        assert "roadmap_words" in search.matching(text, Roadmap.objects.order_by()).explain()


def test_more_than_can_be_named_by_their_keys_are_found_as_well(client, owner, monkeypatch):
    made(owner, 3)
    client.force_login(courses.reviewer("ada"))
    few = listed(client, "?q=learn thing")
    monkeypatch.setattr(search, "KEYS_MOST", 2)
    assert listed(client, "?q=learn thing") == few
    assert len(few) == 3
