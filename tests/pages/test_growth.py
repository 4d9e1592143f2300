"""What a page costs doesn't grow with the rows: every list, search and count, by the rows it reads.

PostgreSQL counts the rows that it fetches, whatever becomes of them, so that nothing here depends
on the speed of a machine.
"""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client

from benchmarks import pages
from roadmaps.admin.operations import formatting, logs
from roadmaps.models import search
from roadmaps.operations import usage

pytestmark = pytest.mark.django_db
ROADMAPS = 4000
OWNED = 18  # of twenty, so that what grows with one person's rows is seen too
READ_MAX = 3000  # rows of one table that a page may read, whatever is in it
READ = """
SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
FROM pg_stat_xact_user_tables
"""
# Pages that read more, and why they may.
MAY_READ_MORE = {
    "learner: roadmap_list": "it counts one person's own by their state",
    "learner: notice_list": "it counts one person's own",
    "staff: usage of 90 days": "it has a row for each quarter of an hour, whatever was called then",
    **dict.fromkeys(
        [
            "staff: list roadmaps_review, search for a common word",
            "staff: list roadmaps_roadmap, search for a common word",
            "staff: list sharing_share, search for a common word",
        ],
        "of a word that every roadmap has, PostgreSQL may collect all",
    ),
}


@pytest.fixture
def rows(settings, monkeypatch):
    """Some thousands of each; of so few, PostgreSQL would otherwise rather read all."""
    settings.LLM_MODEL, settings.LLM_BASE_URL = "openai:test", "http://127.0.0.1:9/v1"
    # Limits of what is read, in proportion to what is there.
    monkeypatch.setattr(formatting, "COUNTED_MAX", 500)
    monkeypatch.setattr(logs, "SEARCHED_MAX", 500)
    monkeypatch.setattr(search, "KEYS_MOST", 500)
    pages.seed(ROADMAPS, owned=OWNED, people=ROADMAPS)
    with connection.cursor() as cursor:
        for index in ("share_searched", "concept_words", "roadmap_words"):
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        usage.sum_up()
        cursor.execute("ANALYZE")
        for way in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def read_so_far():
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return dict(cursor.fetchall())


def rows_read(client, address):
    """By table, the rows that PostgreSQL reads for a page."""
    cache.clear()
    before = read_so_far()
    response = client.get(address, follow=True)
    assert response.status_code == 200, address
    after = read_so_far()
    return {table: count - before.get(table, 0) for table, count in after.items()}


def test_no_page_reads_more_rows_when_there_are_more(rows, client):
    learner, staff = (User.objects.get(username=name) for name in ("bench", "bench-staff"))
    clients = {"visitor": client, "learner": signed_in(learner), "staff": signed_in(staff)}
    measured = {
        f"{who}: {name}": rows_read(clients[who], address)
        for who, name, address in pages.pages(learner)
    }
    too_many = {
        name: {table: count for table, count in read.items() if count > READ_MAX}
        for name, read in measured.items()
        if max(read.values()) > READ_MAX
    }
    assert not too_many.keys() - MAY_READ_MORE.keys(), too_many


def test_lists_and_searches_of_the_admin_are_all_measured():
    """Those of every model that the admin has, and each with a search by three kinds of words."""
    names = [name for _, name, _ in pages.admin_lists()]
    searched = [one for one in admin.site._registry.values() if one.search_fields]
    assert len(names) == len(admin.site._registry) + len(searched) * len(pages.SEARCHES)
