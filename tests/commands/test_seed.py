"""The seed of the benchmarks fills a database with rows that the constraints and the pages accept."""

import json
import os
import subprocess
import sys

import pytest
from django.core.cache import cache
from django.urls import reverse

from benchmarks import seed
from content.models import Quiz, Tutorial
from logs_app.models import ExecutionLog
from roadmaps.models import Draft, ModelCall, Review, ReviewEvent, Roadmap
from roadmaps.plan import shape
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_refuses_an_installation_that_people_use(settings):
    settings.DEBUG = False
    with pytest.raises(SystemExit, match="--yes"):
        seed.main(["--reviews", "10", "--logs", "10"])
    with pytest.raises(SystemExit, match="counts from 1"):
        seed.main(["--reviews", "0", "--logs", "10", "--yes"])
    assert not Roadmap.objects.exists()


def test_it_makes_what_was_asked_for_once_and_every_page_of_it_opens(admin_client, capsys):
    seed.main(["--reviews", "150", "--logs", "500", "--yes"])
    assert Review.objects.count() == Draft.objects.count() == 150
    assert Roadmap.objects.count() == 100
    assert ExecutionLog.objects.count() == 500
    assert "reviews: 150" in capsys.readouterr().out
    statuses = set(Review.objects.values_list("status", flat=True))
    assert statuses == {"PENDING", "APPROVED", "CHANGES_REQUESTED", "REJECTED"}
    assert (
        not Review.objects.filter(status="PENDING")
        .exclude(roadmap__status="AWAITING_REVIEW")
        .exists()
    )
    assert (
        ReviewEvent.objects.filter(kind="DECIDED").count()
        == Review.objects.exclude(status="PENDING").count()
    )
    longest_waiting = Review.objects.pending().order_by("waiting_since").first()
    assert len(list(shape.concepts(longest_waiting.draft.plan))) == 6 * 5 * 8
    assert (
        admin_client.get(f"/admin/roadmaps/review/{longest_waiting.pk}/change/").status_code == 200
    )
    for model in (Roadmap, Draft, Review, ExecutionLog, ModelCall, Tutorial, Quiz):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        assert admin_client.get(reverse(name, args=[model.objects.first().pk])).status_code == 200
    cache.clear()
    assert admin_client.get("/admin/").status_code == 200
    with pytest.raises(SystemExit, match="seeded already"):
        seed.main(["--reviews", "1", "--logs", "1", "--yes"])


@pytest.mark.parametrize(
    ("value", "works"),
    [
        ('{"openai:gpt-4o-mini": [0.15, 0.6]}', True),
        ('{"openai:gpt-4o-mini": 0.15}', False),
        ('{"openai:gpt-4o-mini": [0.15, -1]}', False),
        ('{"openai:gpt-4o-mini": [0.15, NaN]}', False),
        ("[1, 2]", False),
        ("0.15", False),
    ],
)
def test_a_wrong_price_stops_the_start_by_name(value, works):
    code = "import json; from config import env; print(json.dumps(env.prices('LLM_PRICES')))"
    environment = os.environ | {"LLM_PRICES": value}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (run.returncode == 0) == works
    if works:
        assert json.loads(run.stdout) == {"openai:gpt-4o-mini": [0.15, 0.6]}
    else:
        assert "LLM_PRICES=" in run.stderr.splitlines()[-1]
