"""A log storm of an outage is one line a minute of each kind, and no other line is lost in it."""

import logging
import os
import time

import django.db
import psycopg
import psycopg_pool
import pytest
import redis
from kombu.exceptions import OperationalError as BrokerAway

from logs_app import repeats
from tests.conftest import wait_for

REFUSED = 'connection to server on socket "/x/.s.PGSQL.5432" failed: Connection refused'
WARNING, ERROR = logging.WARNING, logging.ERROR
DAY_SECONDS = 86_400  # far beyond the minute of every kind


class Lines(logging.Handler):
    """Where lines go that pass the filter; its minute ends when a test says so."""

    def __init__(self, seconds=3600):
        super().__init__()
        self.records = []
        self.once = repeats.OnceAMinute(seconds)
        self.addFilter(self.once)

    def emit(self, record):
        self.records.append(record)

    @property
    def texts(self):
        return [record.getMessage() for record in self.records]


@pytest.fixture
def lines():
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def traceback_of(error):
    return (type(error), error, None)


def caused_by(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("logger", "level", "text", "arguments", "error"),
    [
        (
            "django.request",
            ERROR,
            "%s: %s",
            ("Service Unavailable", "/"),
            django.db.OperationalError(REFUSED),
        ),
        (
            "psycopg.pool",
            WARNING,
            "error connecting in %r: %s",
            ("pool-1", psycopg.OperationalError(REFUSED)),
            None,
        ),
        (
            "psycopg.pool",
            WARNING,
            "reconnection attempt in pool %r failed after %s sec",
            ("pool-1", 4.1),
            None,
        ),
        (
            "roadmaps.engine.leases",
            WARNING,
            "leases not renewed: %s",
            (psycopg.OperationalError(REFUSED),),
            None,
        ),
        (
            "celery.worker.consumer.consumer",
            ERROR,
            "consumer: Cannot connect to %s: %s",
            ("x", BrokerAway("no")),
            None,
        ),
        (
            "celery.beat",
            ERROR,
            "Message Error: %s",
            (redis.exceptions.ConnectionError("gone"),),
            None,
        ),
        (
            "channels_redis.pubsub",
            ERROR,
            "Unexpected exception in receive task",
            (),
            RuntimeError("lost"),
        ),
        (
            "config.cache",
            WARNING,
            "the cache was left out: %s",
            (redis.exceptions.TimeoutError("late"),),
            None,
        ),
        (
            "x",
            ERROR,
            "no page",
            (),
            caused_by(RuntimeError("no"), psycopg_pool.PoolTimeout("after 1.5 s")),
        ),
    ],
)
def test_a_storm_is_one_line_and_a_count(lines, logger, level, text, arguments, error):
    for _ in range(50):
        logging.getLogger(logger).log(
            level, text, *arguments, exc_info=error and traceback_of(error)
        )
    assert len(lines.records) == 1
    lines.once.write_counts(time.monotonic() + DAY_SECONDS)
    assert len(lines.records) == 2
    assert lines.texts[1].startswith(lines.texts[0])
    assert "49 more times" in lines.texts[1]
    assert lines.records[1].exc_info is None
    lines.once.write_counts(time.monotonic() + 2 * DAY_SECONDS)  # a minute without any
    logging.getLogger(logger).log(level, text, *arguments, exc_info=error and traceback_of(error))
    assert lines.texts[2] == lines.texts[0]


def test_an_answer_that_says_unavailable_is_a_line_of_an_outage_too(lines):
    for _ in range(5):
        logging.getLogger("django.request").error(
            "%s: %s", "No", "/readyz", extra={"status_code": 503}
        )
    assert len(lines.records) == 1
    for _ in range(5):
        logging.getLogger("django.request").error("%s: %s", "No", "/x", extra={"status_code": 500})
    assert len(lines.records) == 6


def test_what_beat_can_not_send_is_one_kind_whatever_it_is(lines):
    away = redis.exceptions.ConnectionError("gone")
    for name in ("recover", "prune", "send notices"):
        logging.getLogger("celery.beat").error(
            "Message Error: %s", caused_by(RuntimeError(name), away)
        )
    assert len(lines.records) == 1


def test_lines_that_differ_only_in_numbers_are_one_kind(lines):
    for port in range(50):
        error = psycopg.OperationalError(f"connection to port {port} failed")
        logging.getLogger("roadmaps.x").warning("try %s: %s", port, error)
    assert len(lines.records) == 1


def test_other_errors_are_not_swallowed(lines):
    logger = logging.getLogger("roadmaps.x")
    storm = [psycopg.OperationalError(REFUSED)] * 20
    different = [
        psycopg.OperationalError("FATAL: the database system is starting up"),
        psycopg.OperationalError("FATAL: password authentication failed"),
        redis.exceptions.ConnectionError(REFUSED),
    ]
    for error in [*storm, *different, *storm]:
        logger.warning("not done: %s", error)
    logger.error("not done: %s", storm[0])
    logger.warning("something else was not done: %s", storm[0])
    for name in ("a", "b", "a"):
        logger.error("Task %(name)s raised", {"name": name}, exc_info=traceback_of(storm[0]))
    assert len(lines.records) == 1 + len(different) + 2 + 2


@pytest.mark.parametrize(
    "error",
    [
        None,
        ValueError("no"),
        psycopg.errors.UniqueViolation("twice"),
        TimeoutError("the model was silent"),
    ],
)
def test_what_tells_of_no_outage_is_written_each_time(lines, error):
    for number in range(5):
        logging.getLogger("roadmaps.runs.advance").error("roadmap %s failed: %s", number, error)
        logging.getLogger("roadmaps.runs.advance").error(
            "roadmap failed", exc_info=error and traceback_of(error)
        )
    logging.getLogger("psycopg.pool").info("growing pool")
    assert len(lines.records) >= 10
    assert "more times" not in str(lines.texts)


def test_a_line_that_can_not_be_written_hurts_nobody(lines):
    odd = {"name": ["a", "list"]}
    for _ in range(2):
        logging.getLogger("kombu").warning("no %s", odd)
        assert lines.once.filter(
            logging.LogRecord("kombu", ERROR, "x", 1, "no %d", ("number",), None)
        ) in (True, False)
        logging.getLogger("kombu").error(
            "no", odd, exc_info=traceback_of(redis.exceptions.ConnectionError("gone"))
        )
    lines.once.write_counts(time.monotonic() + DAY_SECONDS)
    assert any("no %d (this line came 1 more times" in str(record.msg) for record in lines.records)


def test_the_count_comes_by_itself_at_the_end_of_its_minute():
    handler = Lines(seconds=0.05)
    logging.getLogger("storm").addHandler(handler)
    for _ in range(3):
        logging.getLogger("storm").error("away: %s", psycopg.OperationalError(REFUSED))
    wait_for(lambda: sum(getattr(record, "repeats", 0) + 1 for record in handler.records) >= 3)
    logging.getLogger("storm").removeHandler(handler)


def test_a_line_that_passes_two_filters_is_written_once_and_a_fork_begins_anew(lines, monkeypatch):
    logging.getLogger("uvicorn.error").addFilter(first := repeats.OnceAMinute(seconds=3600))
    try:
        for _ in range(5):
            logging.getLogger("uvicorn.error").error(
                "no", exc_info=traceback_of(django.db.InterfaceError("closed"))
            )
    finally:
        logging.getLogger("uvicorn.error").removeFilter(first)
    assert lines.texts == ["no"]
    own = os.getpid()
    monkeypatch.setattr("os.getpid", lambda: own + 1)
    logging.getLogger("uvicorn.error").error(
        "no", exc_info=traceback_of(django.db.InterfaceError("closed"))
    )
    assert lines.texts == ["no", "no"]
