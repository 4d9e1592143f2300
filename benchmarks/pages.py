"""Benchmark of every list, search and count, with few and many rows: `python -m benchmarks.pages`.

For 3 and for 100,000 roadmaps (ROADMAPS=… for fewer) it keeps a database in var/bench-pages-…,
which is seeded once, and asks for each page in this process: the statements of one request, and
the median of the times. It writes a table of both to out/bench/pages.txt.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SQL = (ROOT / "benchmarks" / "pages.sql").read_text().rstrip(";\n")
OUT = ROOT / "out" / "bench"
FEW, MANY = 3, int(os.environ.get("ROADMAPS", "100000"))
TIMES = int(os.environ.get("TIMES", "15"))
SLOW_TIMES, SLOW_SECONDS = 5, 0.5  # a page that takes long is asked for less often
ROADMAPS_PER_PERSON = 5
OWNED = 2  # of twenty roadmaps, by the learner who is measured
# Words of a search, by how many rows have them.
SEARCHES = {"a rare word": "zeppelins", "a common word": "course", "none": "nothing-like-this"}


def main() -> int:
    """Measure each size in a process of its own, which has its own database."""
    results = []
    for roadmaps in (FEW, MANY):
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL") and not name.startswith("LLM_")
        }
        environment |= {
            "VAR_DIR": str(ROOT / "var" / f"bench-pages-{roadmaps}"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
            "MAX_RUNNING_ROADMAPS": "0",
            # Estimates are of recent calls only where a model is connected.
            "LLM_MODEL": "openai:test",
            "LLM_BASE_URL": "http://127.0.0.1:9/v1",
        }
        command = [sys.executable, "-m", "benchmarks.pages", str(roadmaps)]
        run = subprocess.run(  # noqa: S603 - our own command
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        results.append(json.loads(run.stdout.splitlines()[-1]))
    few, many = results
    lines = [
        "| page | statements, few | many | p50 ms, few | many |",
        "|---|---|---|---|---|",
        *(row(name, *few[name], *many[name]) for name in many),
    ]
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "pages.txt").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))  # noqa: T201 - what was asked for
    return 0


def row(name: str, few: int, few_ms: float, many: int, many_ms: float) -> str:
    return f"| {name} | {few} | {many} | {few_ms:.0f} | {many_ms:.0f} |"


def measure_all(roadmaps: int) -> dict[str, tuple[int, float]]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)

    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    from roadmaps.operations import usage

    settings.ALLOWED_HOSTS = ["testserver"]
    if not User.objects.filter(username="bench").exists():
        seed(roadmaps)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    usage.sum_up()  # as beat asks for
    owner = User.objects.get(username="bench")
    staff = User.objects.get(username="bench-staff")
    visitor, learner, admin = Client(), Client(), Client()
    learner.force_login(owner)
    admin.force_login(staff)
    clients = {"visitor": visitor, "learner": learner, "staff": admin}
    measured = {}
    for who, name, address in pages(owner):
        measured[f"{who}: {name}"] = measure(clients[who], address)
    return measured


def seed(roadmaps: int, owned: int = OWNED, people: int = 0) -> None:
    """Make the rows of so many roadmaps; of twenty, the learner `bench` owns `owned`."""
    from django.contrib.auth.models import User
    from django.db import connection, transaction

    from benchmarks.seeding import plan_values

    with transaction.atomic(), connection.cursor() as cursor:
        User.objects.create(username="bench-staff", is_staff=True, is_superuser=True)
        values: dict[str, Any] = plan_values() | {
            "owner": User.objects.create(username="bench").pk,
            "owned": owned - 1,
            "roadmaps": roadmaps,
            "people": people or max(2, roadmaps // ROADMAPS_PER_PERSON),
        }
        cursor.execute("SET LOCAL synchronous_commit = off")
        for statement in SQL.split(";\n"):
            cursor.execute(statement, values)


def pages(owner: Any) -> Iterator[tuple[str, str, str]]:
    """Who asks, the page's name and its address."""
    from django.urls import reverse

    from roadmaps.models import Review, Roadmap
    from sharing.models import Share

    roadmap = Roadmap.objects.filter(owner=owner, status="READY").first()
    shared = Share.objects.listed().first()
    review = Review.objects.order_by("pk").first()
    assert roadmap
    assert shared
    assert review
    gallery, concept = reverse("gallery"), roadmap.concepts.all()[1]
    yield "visitor", "home", reverse("home")
    yield "visitor", "gallery", gallery
    yield "visitor", "gallery, page 40", f"{gallery}?page=40"
    yield "visitor", "gallery in one language", f"{gallery}?language=fr"
    for words, text in SEARCHES.items():
        yield "visitor", f"gallery, search for {words}", f"{gallery}?q={text}"
    yield "visitor", "gallery, search without spaces", f"{gallery}?q=%E9%9D%A2%E5%8C%85"
    yield "visitor", "a shared course", shared.get_absolute_url()
    yield "learner", "any page's count of due cards", reverse("home")
    for name in ("roadmap_list", "roadmap_new", "practice", "roadmap_trash_list", "notice_list"):
        yield "learner", name, reverse(name)
    yield "learner", "estimate", f"{reverse('roadmap_estimate')}?hours_per_week=5&weeks=8"
    for name in ("roadmap_detail", "roadmap_progress", "share_edit", "export_list"):
        yield "learner", name, reverse(name, args=[roadmap.pk])
    yield "learner", "a concept", reverse("concept_detail", args=[roadmap.pk, concept.slug])
    for name in ("index", "model_usage"):
        namespace = "admin:" if name == "index" else ""
        yield "staff", name, reverse(namespace + name)
    yield "staff", "usage of 90 days", f"{reverse('model_usage')}?days=90"
    yield "staff", "failures", reverse("failures")
    yield "staff", "system", reverse("system")
    yield "staff", "a review", reverse("admin:roadmaps_review_change", args=[review.pk])
    yield "staff", "a roadmap", reverse("admin:roadmaps_roadmap_change", args=[roadmap.pk])
    for words, text in SEARCHES.items():
        yield "staff", f"⌘K for {words}", f"{reverse('admin:search')}?s={text}"
    yield from admin_lists()


def admin_lists() -> Iterator[tuple[str, str, str]]:
    """Every list of the admin, and every search of one."""
    from django.contrib import admin
    from django.urls import reverse

    for model, model_admin in admin.site._registry.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        address = reverse(f"admin:{label}_changelist")
        yield "staff", f"list {label}", address
        if model_admin.search_fields:
            for words, text in SEARCHES.items():
                yield "staff", f"list {label}, search for {words}", f"{address}?q={text}"


def measure(client: Any, address: str) -> tuple[int, float]:
    """Statements of one request, and the median of the milliseconds."""
    from django.core.cache import cache
    from django.db import connection

    statements: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    milliseconds: list[float] = []
    client.get(address, follow=True)
    times = TIMES
    while len(milliseconds) < times:
        statements.clear()
        cache.clear()  # limits of visits, and numbers that are kept for seconds
        start = time.perf_counter()
        with connection.execute_wrapper(count):
            response = client.get(address, follow=True)
        milliseconds.append((time.perf_counter() - start) * 1000)
        if milliseconds[-1] > SLOW_SECONDS * 1000:
            times = SLOW_TIMES
        if response.status_code != 200:
            raise LookupError(f"{address}: {response.status_code}")
    return len(statements), statistics.median(milliseconds)


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure_all(int(sys.argv[1]))))  # noqa: T201 - to the process above
    else:
        sys.exit(main())
