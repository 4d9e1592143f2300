"""From a thread that logs to a row: nothing lost, nothing twice, nobody held up."""

import threading
import time
import uuid

import pytest
import redis
from django.conf import settings
from django.db import OperationalError

from logs_app import buffer, rows, stream
from logs_app.history import events_of
from logs_app.models import ExecutionLog
from tests.conftest import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def broker(monkeypatch):
    """An empty Redis, and no worker that would be faster than the test."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushall()
    monkeypatch.setattr(buffer, "schedule_batch", lambda: None)
    monkeypatch.setattr(buffer, "away_until", 0.0)
    yield client
    buffer.waiting_lines.clear()


def append(message="done", roadmap_id=None, then=lambda: None, **data):
    event = buffer.make_event(roadmap_id or uuid.uuid4(), "node_finished", message, "info", data)
    buffer.append(event, then)
    return event


def in_threads(count, work):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def test_what_threads_log_at_once_is_written_once_and_in_order():
    roadmap_id = uuid.uuid4()
    in_threads(50, lambda: [append(str(number), roadmap_id) for number in range(20)])
    assert stream.drain() == 1000
    told = ExecutionLog.objects.filter(roadmap_id=roadmap_id).order_by("sequence")
    assert told.count() == 1000
    assert list(told) == sorted(told, key=lambda entry: entry.occurred_at)


def test_every_field_arrives_as_it_was_sent():
    message = 'He said: "comma, quote";\nnew line, \\ and \\N and 学习 🙂'
    event = append(message, level=None, text=message, nested={"list": [1, 2.5, None, True]})
    append("", empty="")
    stream.drain()
    entry = ExecutionLog.objects.get(pk=event["id"])
    assert (entry.message, entry.data, entry.sequence) == (
        message,
        event["data"],
        event["sequence"],
    )
    assert entry.occurred_at.isoformat() == event["occurred_at"]
    assert ExecutionLog.objects.filter(message="").count() == 1


def test_what_postgresql_stores_in_no_text_is_left_out():
    append("a\x00b", text="\x00a literal \\u0000", half="\ud83d")
    assert stream.drain() == 1
    entry = ExecutionLog.objects.get()
    assert (entry.message, entry.data) == ("ab", {"text": "a literal \\u0000", "half": "?"})


def test_a_batch_written_twice_is_inserted_once():
    lines = [
        rows.to_line(buffer.make_event(uuid.uuid4(), "run_started", "", "info", {}))
        for _ in range(10)
    ]
    assert rows.write(lines[:6]) == rows.write(lines) == rows.write(lines) == []
    assert ExecutionLog.objects.count() == 10


def test_an_event_that_cannot_be_written_is_set_aside_and_holds_up_no_other(broker, caplog):
    for number in range(10):
        append(str(number))
    broker.xadd(stream.STREAM, {"0": b"no,event\n"})
    broker.xadd(stream.STREAM, {"0": b'"an open quote'})
    append("last")
    stream.drain()
    assert ExecutionLog.objects.count() == 11
    assert [fields[b"line"] for _, fields in broker.xrange(stream.REFUSED)] == [
        b"no,event\n",
        b'"an open quote',
    ]
    assert "can't be written" in caplog.text
    assert stream.drain() == 0


def test_writers_at_once_share_the_stream():
    for _ in range(300):
        append()
    written = []
    in_threads(4, lambda: written.append(stream.drain()))
    assert sum(written) == ExecutionLog.objects.count() == 300


def test_what_a_dead_writer_had_taken_is_written_by_the_next(monkeypatch):
    append()
    stream.drain()
    append()
    assert len(stream.new_entries()) == 1
    assert stream.drain() == 0
    monkeypatch.setattr(stream, "DEAD_MILLISECONDS", 0)
    assert stream.drain() == 1
    assert ExecutionLog.objects.count() == 2


def test_a_writer_that_died_between_the_commit_and_redis_leaves_nothing_twice(monkeypatch):
    for _ in range(5):
        append()
    with monkeypatch.context() as dying:
        dying.setattr(stream, "settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stream.drain()
    monkeypatch.setattr(stream, "DEAD_MILLISECONDS", 0)
    assert stream.drain() == 5
    assert ExecutionLog.objects.count() == 5


def test_a_database_that_is_away_costs_no_event(monkeypatch):
    append()

    def refuse(lines):
        raise OperationalError("away")

    with monkeypatch.context() as away:
        away.setattr(rows, "write", refuse)
        with pytest.raises(OperationalError):
            stream.drain()
    monkeypatch.setattr(stream, "DEAD_MILLISECONDS", 0)
    assert stream.drain() == 1


def test_a_redis_that_is_away_costs_no_event(monkeypatch, caplog):
    with monkeypatch.context() as away:
        away.setattr(stream, "redis_client", redis.Redis(port=1))
        away.setattr(buffer, "AWAY_SECONDS", 0)
        append("first")
        append("second")
    assert "waits for Redis" in caplog.text
    append("third")
    stream.drain()
    told = ExecutionLog.objects.order_by("sequence").values_list("message", flat=True)
    assert list(told) == ["first", "second", "third"]


def test_what_waited_for_redis_is_told_once_it_is_out(monkeypatch):
    told = []
    with monkeypatch.context() as away:
        away.setattr(stream, "redis_client", redis.Redis(port=1))
        append(then=lambda: told.append("first"))
    assert told == []
    monkeypatch.setattr(buffer, "away_until", 0.0)
    append(then=lambda: told.append("second"))
    assert told == ["first", "second"]


def test_who_sends_for_others_tells_for_them_too(monkeypatch):
    """They may get to their own turn much later: nobody who looks on waits for that."""
    busy, free, add = threading.Event(), threading.Event(), stream.add
    told = []

    def slow(lines):
        if not busy.is_set():
            busy.set()
            assert free.wait(60)
        return add(lines)

    monkeypatch.setattr(stream, "add", slow)
    note = {"then": lambda: told.append(threading.get_ident())}
    threads = [threading.Thread(target=append, kwargs=note) for _ in range(6)]
    threads[0].start()
    assert busy.wait(60)
    for one in threads[1:]:
        one.start()
    wait_for(lambda: len(buffer.waiting_lines) == 5)
    free.set()
    for one in threads:
        one.join()
    assert len(told) == 6
    assert told[0] == threads[0].ident
    assert len(set(told[1:])) == 1
    assert stream.drain() == 6


def test_what_redis_never_took_is_written_at_the_end_of_the_process(monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(stream, "redis_client", redis.Redis(port=1))
        append()
    buffer.flush()
    assert ExecutionLog.objects.count() == 1
    assert not buffer.waiting_lines


def test_an_emptied_redis_takes_events_again(broker):
    append()
    stream.drain()
    broker.flushall()
    append()
    assert stream.drain() == 1


def test_the_history_tells_what_still_waits_and_writes_nothing():
    roadmap_id = uuid.uuid4()
    append("written", roadmap_id)
    stream.drain()
    append("waits", roadmap_id)
    append("of another")
    told = events_of(roadmap_id)
    assert [event["message"] for event in told] == ["written", "waits"]
    assert told[0].keys() == told[1].keys()
    assert ExecutionLog.objects.count() == 1


def test_the_execution_log_is_filtered_by_level_and_searched_by_words(admin_client):
    for level, message in (("info", "an egg"), ("error", "a broken egg"), ("error", "a lost hen")):
        buffer.append(buffer.make_event(uuid.uuid4(), "run_failed", message, level, {}))
    stream.drain()

    def listed(**query):
        found = admin_client.get("/admin/logs_app/executionlog/", query).context["cl"].result_list
        return [row.message for row in found]

    assert listed() == ["a lost hen", "a broken egg", "an egg"]
    assert listed(level="error") == ["a lost hen", "a broken egg"]
    assert listed(q="egg") == ["a broken egg", "an egg"]
    assert listed(q=str(uuid.uuid4())) == []


def test_ids_are_in_the_order_of_time(monkeypatch):
    made = []
    for milliseconds in range(1, 100):
        monkeypatch.setattr(time, "time_ns", lambda now=milliseconds: 2**60 + now * 1_000_000)
        monkeypatch.setattr(buffer, "last_sequence", 0)
        made.append(uuid.UUID(buffer.make_event(uuid.uuid4(), "x", "", "info", {})["id"]))
    assert made == sorted(made)
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}


def test_a_worker_killed_while_it_writes_loses_nothing(worker, monkeypatch):
    count = 60_000
    lines = [
        rows.to_line(buffer.make_event(uuid.uuid4(), "node_finished", "", "info", {}))
        for _ in range(count)
    ]
    killed = worker("logs")
    stream.add(lines)
    monkeypatch.undo()
    buffer.schedule_batch()
    wait_for(ExecutionLog.objects.exists)
    killed.kill()
    monkeypatch.setattr(stream, "DEAD_MILLISECONDS", 0)
    stream.drain()
    assert ExecutionLog.objects.count() == count
