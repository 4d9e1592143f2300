"""The metrics tell what happened in any process, at a cost that does not grow with the tables."""

import json
import re
import time
from pathlib import Path

import pytest
import redis
import yaml
from django.conf import settings as django_settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from roadmaps import telemetry
from roadmaps.engine.recovery import recover
from roadmaps.models import Roadmap
from roadmaps.operations import heartbeats, metrics
from roadmaps.services import decide_review
from tests import courses
from tests.conftest import ROOT, wait_for

DEPLOY = ROOT / "deploy"
MADE_BY_PROMETHEUS = {"cairn_web"}  # no metric: the name of a scrape job


@pytest.fixture(autouse=True)
def nothing_counted():
    with telemetry.sending_lock, redis.Redis.from_url(django_settings.REDIS_URL) as client:
        telemetry.unsent_counts.clear()
        client.delete(
            telemetry.COUNTS, telemetry.PROCESSES, heartbeats.KEY, *django_settings.QUEUES
        )


def samples():
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.django_db(transaction=True)
def test_a_course_made_by_a_worker_is_counted_with_tasks_tokens_and_states(
    worker, model_server, settings
):
    prices = json.dumps({"openai:test": [1000, 1000]})
    worker(LLM_MODEL="openai:test", LLM_BASE_URL=model_server.url, LLM_PRICES=prices)
    model_server.faults["Intent"] = ["503"]
    roadmap = courses.requested(courses.person("owner"))
    wait_for(lambda: Roadmap.objects.get().status == "AWAITING_REVIEW")
    decide_review(roadmap.reviews.get(), "APPROVED", by=None)
    wait_for(lambda: Roadmap.objects.get().status == "READY")
    wait_for(
        lambda: samples().get(("cairn_tasks_total", "generate_roadmap_content", "success")) == 1
    )
    told = samples()
    assert told["cairn_tasks_total", "roadmap_generation.generate_roadmap", "success"] == 1
    assert told["cairn_roadmap_transitions_total", "READY"] == 1
    assert told["cairn_model_errors_total", "503", "intent", "openai:test"] == 1
    assert told["cairn_model_seconds_count", "intent", "openai:test"] == 1
    assert told["cairn_model_seconds_bucket", "+Inf", "intent", "openai:test"] == 1
    assert told["cairn_model_tokens_total", "in", "intent", "openai:test"] > 0
    assert told["cairn_model_cost_dollars_total", "intent", "openai:test"] > 0
    assert told["cairn_processes", "worker"] == 1
    assert told["cairn_db_pool_connections", "open", "worker"] >= 1


@pytest.mark.django_db(transaction=True)
def test_what_waits_is_told_with_its_age(settings):
    roadmap = courses.requested(courses.person("owner"))
    told = samples()
    assert told["cairn_queue_depth", "roadmap_workflow"] == 1
    assert 0 <= told["cairn_queue_oldest_seconds", "roadmap_workflow"] < 60
    assert told["cairn_queue_depth", "logs"] <= 1
    assert told["cairn_roadmaps", "QUEUED"] == 1
    Roadmap.objects.filter(pk=roadmap.pk).update(dispatched_at="2000-01-01T00:00:00Z")
    assert samples()["cairn_stuck_runs",] == 1
    recover()
    assert samples()["cairn_runs_recovered_total", "message"] == 1


@pytest.mark.django_db
def test_a_message_of_somebody_else_has_no_age():
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.lpush("logs", "{}", "no JSON at all")
    told = samples()
    assert (told["cairn_queue_depth", "logs"], told["cairn_queue_oldest_seconds", "logs"]) == (2, 0)


@pytest.mark.django_db
def test_heartbeats_tell_how_long_ago_a_queue_was_served():
    heartbeats.record("logs", "somebody", time.time())
    told = samples()
    assert 0 <= told["cairn_queue_heartbeat_age_seconds", "logs"] < 60
    assert ("cairn_queue_heartbeat_age_seconds", "roadmap_workflow") not in told


@pytest.mark.django_db
def test_one_service_that_is_away_does_not_hide_the_other(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    told = samples()
    assert (told["cairn_service_up", "redis"], told["cairn_service_up", "postgresql"]) == (0, 1)
    assert ("cairn_reviews_pending",) in told
    assert not any(name.startswith("cairn_queue") for name, *_ in told)


@pytest.mark.django_db
def test_what_was_counted_while_redis_was_away_is_told_later(settings):
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    telemetry.count("cairn_tasks_total", task="x", outcome="success")
    telemetry.tell()
    settings.REDIS_URL = there
    telemetry.count("cairn_tasks_total", task="x", outcome="success")
    assert samples()["cairn_tasks_total", "success", "x"] == 2


@pytest.mark.django_db
def test_a_process_that_fell_silent_is_forgotten(monkeypatch):
    monkeypatch.setattr(telemetry, "gauge_readers", [lambda: {"sockets": 3}])
    monkeypatch.setattr(telemetry, "process_kind", "web")
    assert samples()["cairn_sockets_open",] == 3
    monkeypatch.setattr(telemetry, "gauge_readers", [])
    monkeypatch.setattr(telemetry, "GONE_SECONDS", 0)
    assert samples()["cairn_sockets_open",] == 0


@pytest.mark.django_db
def test_a_scrape_costs_the_same_with_many_rows(django_assert_num_queries):
    owner = courses.person("owner")
    with django_assert_num_queries(4):
        metrics.exposition()
    Roadmap.objects.bulk_create(
        Roadmap(owner=owner, goal=f"Goal {number}", status="READY") for number in range(2000)
    )
    with django_assert_num_queries(4):
        metrics.exposition()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE roadmaps_roadmap")
        cursor.execute(
            "EXPLAIN SELECT status, count(*) FROM roadmaps_roadmap WHERE status IN ('QUEUED') GROUP BY 1"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan, plan


def known():
    """Every name that a scrape may show."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    names = {family.name for family in families} | {
        name.removesuffix("_total") for name in metrics.COUNTED
    }
    parts = {f"{name}_{part}" for name in metrics.TIMED for part in ("bucket", "sum", "count")}
    return names | {f"{name}_total" for name in names} | parts


def named(text):
    return set(re.findall(r"\bcairn_[a-z_]+", text)) - MADE_BY_PROMETHEUS


@pytest.mark.django_db
def test_the_dashboard_asks_only_for_metrics_that_exist():
    heartbeats.record("logs", "somebody", time.time())
    dashboard = json.loads((DEPLOY / "grafana/cairn.json").read_text())
    expressions = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())
    ]
    assert len(expressions) >= 12
    for expression in expressions:
        assert named(expression), expression
        assert named(expression) <= known(), expression
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


@pytest.mark.django_db
def test_alerts_ask_only_for_metrics_that_exist_and_say_what_to_do():
    heartbeats.record("logs", "somebody", time.time())
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len(alerts) >= 8
    for alert in alerts:
        assert named(alert["expr"]), alert["alert"]
        assert named(alert["expr"]) <= known(), alert["alert"]
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert alert["annotations"]["summary"]
        assert alert["annotations"]["remedy"]


def test_every_metric_is_in_the_operators_table():
    page = Path(ROOT / "docs/operations.md").read_text()
    source = Path(metrics.__file__).read_text()
    for name in set(re.findall(r'"(cairn_[a-z_]+)"', source)):
        assert f"`{name}`" in page, name
