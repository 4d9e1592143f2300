"""Roadmaps and their reviews found by words, by who asked, and by id."""

import uuid

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_celery_results.models import TaskResult

from content.artifacts.kinds import KINDS
from content.exports import rows
from roadmaps.models import Concept, Roadmap, search
from roadmaps.models.search import found_by
from tests import courses
from tests.admin.test_inbox import listed, made
from tests.content import samples

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


@pytest.fixture
def written(owner):
    """Two courses, of whose concepts each artifact is there."""
    for title, goal in (("Baking bread", "Bake sourdough"), ("Node.js", "Serve pages")):
        rows.create(samples.course(2, "Short.", title=title), owner=owner)
        Roadmap.objects.filter(title=title).update(goal=goal)
    concept = Concept.objects.filter(roadmap__title="Node.js").first()
    Concept.objects.filter(pk=concept.pk).update(title="Middleware/routes")


@pytest.mark.parametrize("keys_most", [2000, 1])  # few are named by their keys, many are met
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("bread", 2),  # of a roadmap's title
        ("sourd", 2),  # of its goal
        ("middle", 1),  # of a concept's title
        ("routes", 1),
        ("js", 2),
        ("middleware zeppelin", 0),
        ("iddle", 0),  # the middle of a word
        ("!", 0),
    ],
)
def test_content_is_found_by_words_of_concept_and_roadmap(
    admin_client, written, monkeypatch, kind, text, count, keys_most
):
    monkeypatch.setattr(search, "KEYS_MOST", keys_most)
    address = reverse(KINDS[kind].admin_list)
    page = admin_client.get(address, {"q": text})
    assert len(page.context["cl"].result_list) == count


def test_content_is_found_by_a_roadmaps_id_and_by_none_of_another(admin_client, written):
    address = reverse(KINDS["quiz"].admin_list)
    roadmap = Roadmap.objects.get(title="Node.js")
    assert len(admin_client.get(address, {"q": roadmap.pk}).context["cl"].result_list) == 2
    assert not admin_client.get(address, {"q": uuid.uuid4()}).context["cl"].result_list


def test_changes_are_found_by_a_colleague_and_by_a_row(admin_client, admin_user, reviewer):
    kind = ContentType.objects.get_for_model(Roadmap)
    for user, key in ((admin_user, "11"), (reviewer, "12")):
        LogEntry.objects.create(user=user, content_type=kind, object_id=key, action_flag=CHANGE)
    address = reverse("admin:admin_logentry_changelist")
    for text, keys in {reviewer.username.upper(): ["12"], "11": ["11"], "nobody": []}.items():
        found = admin_client.get(address, {"q": text}).context["cl"].result_list
        assert [entry.object_id for entry in found] == keys, text


def test_a_task_is_found_by_its_id_alone(admin_client):
    TaskResult.objects.create(task_id="b7e0", status="SUCCESS")
    address = reverse("admin:django_celery_results_taskresult_changelist")
    assert len(admin_client.get(address, {"q": "b7e0"}).context["cl"].result_list) == 1
    assert not admin_client.get(address, {"q": "b7"}).context["cl"].result_list


def test_people_are_found_by_the_beginning_of_name_or_address(admin_client):
    person = courses.person("wilhelmina")
    User.objects.filter(pk=person.pk).update(email="queen@example.com")
    address = reverse("admin:auth_user_changelist")
    for text, count in {"WIL": 1, "queen@": 1, "helmina": 0}.items():
        assert len(admin_client.get(address, {"q": text}).context["cl"].result_list) == count, text
