"""JSON log lines tell of what they are about: in a request, in a task, and in the loop behind it."""

import json
import logging
import re
import timeit
import uuid

import pytest
from django.http import HttpResponse
from django.urls import get_resolver

from config import asgi
from logs_app import context, lines, redaction
from roadmaps.engine import loop
from roadmaps.models import Roadmap
from tests import courses
from tests.conftest import wait_for
from tests.pages.test_impossible_input import routes

logger = logging.getLogger("tests.logs")


@pytest.fixture(autouse=True)
def nothing_bound():
    lines.ids.set({})
    yield
    lines.ids.set({})


def written(record):
    return json.loads(lines.json_formatter().format(record))


def record(message="said %s", *args, exc_info=None):
    return logging.LogRecord(
        "tests", logging.WARNING, "x.py", 1, message, args or ("this",), exc_info
    )


def test_a_line_is_one_object_with_time_level_and_name():
    line = lines.json_formatter().format(record())
    assert "\n" not in line
    told = json.loads(line)
    assert (told["event"], told["level"], told["logger"]) == ("said this", "warning", "tests")
    assert told["timestamp"].endswith("Z")


def test_a_traceback_is_in_the_line_without_locals():
    def fail(prompt):
        raise ValueError("no answer")

    try:
        fail("bread-".upper() + "AND-BUTTER")
    except ValueError as exc:
        told = written(record("failed %s", "it", exc_info=(ValueError, exc, exc.__traceback__)))
    assert "ValueError: no answer" in told["exception"]
    assert "BREAD-AND-BUTTER" not in json.dumps(told)


@pytest.mark.parametrize(
    "address",
    [
        "/review/omApFwvjz6luRM03FP4GjlU4qfmyrXfHd3yUVIJWo30/",
        "/s/omApFwvjz6luRM03FP4GjlU4qfmyrXfH/concepts/bread/?page=2",
        "/accounts/confirm-email/MQ:1xWLT8:SuGiQ5NQUnOagbEMcfkJlFi16Lp7x4jFnrtFcpgy3gw/",
        "/accounts/unsubscribe/MQ:1xWLT8:SuGiQ5NQUnOagbEMcfkJlFi16Lp7x4jFnrtFcpgy3gw/",
        "/accounts/password/reset/key/1-cw9t2p-7a6d3e/",
    ],
)
def test_an_address_that_is_a_key_is_not_in_the_log(address):
    key = re.split("/(?:review|s|confirm-email|unsubscribe|key)/", address)[1].split("/")[0]
    settled = lines.configuration("INFO", "line")
    assert settled["handlers"]["stderr"]["filters"] == ["without_keys", "once_a_minute"]
    assert callable(asgi.application)
    assert [type(one) for one in logging.getLogger("uvicorn.access").filters] == [lines.WithoutKeys]
    accessed = record('%s - "%s %s HTTP/%s" %d', "127.0.0.1:0", "GET", address, "1.1", 200)
    for told in (accessed, record("Gone: %s", address), record(f"Gone: {address}", "")):
        assert lines.WithoutKeys().filter(told)
        assert key not in str(told.args) + told.msg
        assert address.partition(key)[0] in str(told.args) + told.msg


KEY = "omApFwvjz6luRM03FP4GjlU4qfmyrXfHd3yUVIJWo30"
SPELLINGS = {
    "plain": lambda place: f"/{place}/{KEY}/more",
    "capitals": lambda place: f"/{place.upper()}/{KEY}/more",
    "encoded": lambda place: f"%2F{place}%2F{KEY}%2Fmore".replace("t/k", "t%2fk"),
    "encoded twice": lambda place: f"%252f{place}%252f{KEY}%252fmore",
    "in a parameter": lambda place: f"/accounts/login/?next=%2F{place}%2F{KEY}%2Fmore",
    "double slashes": lambda place: f"//{place}//{KEY}//more".replace("t/k", "t//k"),
    "backslashes": lambda place: f"\\{place}\\{KEY}\\more",
    "dots": lambda place: f"/./{place}/./%2e/{KEY}/more",
    "letters encoded": lambda place: f"/%{ord(place[0]):x}{place[1:]}/{KEY}/more",
    "capitals encoded": lambda place: f"/%{ord(place[0].upper()):X}{place[1:]}/{KEY}/more",
    "whole": lambda place: f"https://cairn.example.com:8443/{place}/{KEY}/more",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("place", redaction.KEY_PLACES)
def test_a_key_is_not_in_the_log_however_its_address_is_spelt(place, spelling):
    told = redaction.without_keys(SPELLINGS[spelling](place))
    assert KEY[:12] not in told
    assert told.endswith("more")


def test_every_address_with_a_key_in_it_is_known():
    """By the parts of addresses that are named after a secret."""
    places = {
        route.partition("<")[0]
        for _name, route, _view in routes(get_resolver().url_patterns)
        if re.search(r"<(?:\w+:)?(?:token|secret|key|uidb36)>", route)
    }
    assert len(places) >= 5
    for place in places:
        start = place.replace("^", "").removesuffix("(?P")
        assert KEY not in redaction.without_keys(f"/{start}{KEY}/"), place


@pytest.mark.parametrize("unit", ["/", "%2f", "%25", "/s", "/s/", "/./", "\\", "s%"])
def test_a_long_address_is_looked_at_in_linear_time(unit):
    def best(length):
        address = unit * (length // len(unit))
        return min(timeit.repeat(lambda: redaction.without_keys(address), number=1, repeat=5))

    assert best(200_000) < 40 * max(best(20_000), 0.0005)


def test_other_addresses_stay_in_the_log_as_they_are():
    for address in (
        "/admin/roadmaps/review/122/change/",
        "/static/s/app.js",
        "/accounts/password/reset/",
    ):
        assert redaction.without_keys(address) == address


def test_the_loop_knows_what_its_caller_is_about():
    async def bound():
        return lines.ids.get()

    lines.ids.set({"run_id": "r1"})
    assert loop.run(bound()) == {"run_id": "r1"}
    lines.ids.set({})
    assert loop.run(bound()) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("level", "task", "told"),
    [
        (logging.INFO, "maintenance.recover", False),
        (logging.ERROR, "maintenance.recover", True),
        (logging.INFO, "roadmap_generation.generate_roadmap", True),
    ],
)
def test_routine_tasks_are_told_of_only_when_they_fail(level, task, told):
    worth_a_line = lines.WorthALine()
    of_worker = logging.LogRecord(
        "celery.app.trace", level, "x.py", 1, "Task %(name)s", ({"name": task},), None
    )
    of_worker.data = {"name": task}
    of_beat = logging.LogRecord(
        "celery.beat", level, "x.py", 1, "Sending %s (%s)", ("often", task), None
    )
    assert [worth_a_line.filter(of_worker), worth_a_line.filter(of_beat)] == [told, told]


def test_only_who_debugs_sees_every_line():
    filtered = [
        name
        for name, one in lines.configuration("INFO", "line")["loggers"].items()
        if "filters" in one
    ]
    assert filtered == ["celery.worker.strategy", "celery.app.trace", "celery.beat"]
    assert not any(
        "filters" in one for one in lines.configuration("DEBUG", "json")["loggers"].values()
    )


def test_a_request_has_an_id_that_comes_back(client):
    first, second = (client.get("/healthz"), client.get("/"))
    assert "X-Request-ID" not in first.headers  # probes are nobody's request
    assert re.fullmatch(r"[0-9a-f]{32}", second.headers["X-Request-ID"])
    assert (
        client.get("/", headers={"X-Request-ID": "from-the-proxy.1"}).headers["X-Request-ID"]
        == "from-the-proxy.1"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("forged", ["a b", "x" * 65, 'x","level":"error', "é"])
def test_an_id_that_could_forge_a_line_is_replaced(client, forged):
    given = client.get("/", headers={"X-Request-ID": forged}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", given)


def test_one_request_knows_nothing_of_the_one_before(rf):
    seen = []

    def view(request):
        seen.append(dict(lines.ids.get()))
        return HttpResponse()

    middleware = context.RequestContextMiddleware(view)
    request = rf.get("/")
    middleware.process_view(request, view, (), {"pk": (pk := uuid.uuid4())})
    assert lines.ids.get()["roadmap_id"] == str(pk)
    middleware(request)
    assert set(seen[0]) == {"request_id"}


@pytest.mark.parametrize(
    ("task", "arguments", "ids"),
    [
        ("roadmap_generation.generate_roadmap", ["r"], {"run_id": "t", "roadmap_id": "r"}),
        ("retry_quiz_task", ["7"], {"run_id": "t", "concept_id": "7"}),
        ("maintenance.heartbeat", ["logs"], {}),
        ("batch_write_logs", [], {}),
    ],
)
def test_a_task_is_about_its_run_and_its_roadmap(task, arguments, ids):
    assert context.ids_of(task, "t", arguments) == ids


@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_lines_with_the_ids_of_its_run(worker, model_server):
    model_server.faults["*"] = lambda call: "401"
    one = worker(LOG_FORMAT="json", LLM_MODEL="openai:test", LLM_BASE_URL=model_server.url)
    roadmap = courses.requested(courses.person("owner"))
    wait_for(lambda: Roadmap.objects.get().status == "FAILED")

    def line_of_the_failure():
        written = one.log.read_text().rpartition("\n")[0]  # the last line may be on its way
        lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
        return next((line for line in lines if line["logger"] == "roadmaps.runs.stops"), None)

    told = wait_for(line_of_the_failure)
    roadmap.refresh_from_db()
    assert told["roadmap_id"] == str(roadmap.pk)
    assert told["run_id"] == told["task_id"] == str(roadmap.run_id)
    assert told["task"] == "roadmap_generation.generate_roadmap"
    assert "check LLM_API_KEY" in told["event"]
