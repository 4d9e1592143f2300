"""After a deletion nothing names the person or the roadmap: tables, checkpoints, Redis, files.

The whole of each is searched, so a new table or key needs no line here.
"""

import uuid
from pathlib import Path

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import TaskResult

from accounts import leaving
from logs_app import buffer, rows, stream
from roadmaps.engine import leases
from roadmaps.exceptions import LeaseLost
from roadmaps.models import ErasedThread, ModelCall, ModelFailure, Roadmap
from roadmaps.removal import erasure, retention, trash
from roadmaps.services import decide_review
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)

NAME, MAIL, WORD = "quillonia", "quillonia.post@example.org", "zymurgical"
# An erased thread is remembered for a day, and what its calls have cost stays, by thread.
REMEMBERED = {"roadmaps_erasedthread", "roadmaps_modelcall"}
THREADS = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
SERVERS = {"postgres", "redis", "sockets"}  # the files of the databases themselves


def tables():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN "
            "('pg_catalog', 'information_schema', 'written_by_migrations')"
        )
        return cursor.fetchall()


def needles(roadmap, thread=True):
    ids = [roadmap.pk, roadmap.thread_id] if thread else [roadmap.pk]
    return [NAME, MAIL, WORD, *map(str, ids), *(one.hex for one in ids)]


def rows_that_name(words):
    """Of each table, how many rows have one of the words in any column, bytes included."""
    found = {}
    patterns = [f"%{word}%" for word in words]
    patterns += [f"%{word.encode().hex()}%" for word in words]
    with connection.cursor() as cursor:
        for schema, table in tables():
            cursor.execute(
                f'SELECT count(*) FROM "{schema}"."{table}" t WHERE t::text ILIKE ANY(%s)',
                [patterns],
            )
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


def value_of(server, key):
    kind = server.type(key).decode()
    if kind == "string":
        return server.get(key)
    if kind == "list":
        return server.lrange(key, 0, -1)
    if kind == "hash":
        return server.hgetall(key)
    if kind == "set":
        return server.smembers(key)
    if kind == "zset":
        return server.zrange(key, 0, -1)
    assert kind == "stream", kind
    return server.xrange(key)


def redis_keys_that_name(words):
    """Keys of Redis; of messages on their way to a worker, which knows that it is late, only
    those with more than an id.
    """
    server = redis.Redis.from_url(settings.REDIS_URL)
    found = []
    for key in server.scan_iter():
        is_queue = key.decode() in settings.QUEUES
        named = [word for word in words if word in (NAME, MAIL, WORD)] if is_queue else words
        if any(word in f"{key!r} {value_of(server, key)!r}".lower() for word in named):
            found.append(key)
    return found


def files_that_name(words):
    root = Path(settings.VAR_DIR)
    return [
        path
        for path in root.rglob("*")
        if path.relative_to(root).parts[0] not in SERVERS and path.is_file()
        if any(word.encode() in path.read_bytes().lower() for word in words)
    ]


def related_models():
    """Every model that a person or a roadmap can be deleted with."""
    owned = {User, Roadmap}
    while more := {
        model
        for model in apps.get_models()
        if model not in owned
        and any(field.is_relation and field.related_model in owned for field in columns(model))
    }:
        owned |= more
    return owned - {User, Roadmap}


def columns(model):
    return model._meta.concrete_fields


def made(model, known):
    """A row of the person's, with words of theirs wherever it holds words."""
    values = {}
    for field in columns(model):
        if field.is_relation:
            values[field.name] = known.get(field.related_model)
        elif field.null:
            continue
        elif isinstance(field, models.JSONField):
            values[field.name] = [WORD]
        elif isinstance(field, models.BinaryField):
            values[field.name] = WORD.encode()
        elif isinstance(field, models.UUIDField):
            values[field.name] = uuid.uuid4()
        elif isinstance(field, models.CharField | models.TextField):
            if not field.choices:
                values[field.name] = (WORD if field.max_length != 1 else "x")[: field.max_length]
        elif isinstance(field, models.DateTimeField):
            values[field.name] = timezone.now()
        elif isinstance(field, models.DateField):
            values[field.name] = timezone.now().date()
        elif isinstance(field, models.BooleanField):
            values[field.name] = field.get_default() or False
        elif isinstance(field, models.IntegerField | models.FloatField) and not field.primary_key:
            values[field.name] = 1
    return model._base_manager.create(**values)


def failure(roadmap):
    about = {"thread_id": roadmap.thread_id, "role": "intent", "model": "m"}
    return about | {"reason": "timeout", "attempts": 1, "gave_up": False}


@pytest.fixture(autouse=True)
def _no_checkpoints(transactional_db):
    """Nothing else empties their tables, and Redis, after a test."""
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    with connection.cursor() as cursor:
        for table in THREADS:
            cursor.execute(f"DELETE FROM checkpoints.{table}")


@pytest.fixture
def person():
    user = courses.person(NAME)
    user.email = MAIL
    user.first_name = NAME.title()
    user.save()
    return user


@pytest.fixture
def roadmap(person, reviewer, operator, client):
    """Written, with a row in every table that knows roadmaps or people."""
    roadmap = courses.designed(person, goal=f"Learn {WORD} arts")
    decide_review(roadmap.reviews.get(), "APPROVED", by=reviewer, comment=f"Fine, {NAME}")
    roadmap = courses.advance(courses.advance(roadmap))
    ModelFailure.objects.create(**failure(roadmap))
    TaskResult.objects.create(task_id=uuid.uuid4(), task_args=f"('{roadmap.pk}',)", result=WORD)
    session = SessionStore()
    session["methods"] = [{"username": NAME}]
    session["_auth_user_id"] = str(person.pk)
    session.save()
    client.force_login(person)
    client.post(reverse("account_login"), {"login": NAME, "password": "a guess"})
    fill(known_of(person, roadmap))
    for model in (User, Roadmap, *related_models()):
        for row in model._base_manager.all()[:50]:
            LogEntry.objects.create(
                user=operator,
                content_type=ContentType.objects.get_for_model(model),
                object_id=str(row.pk),
                object_repr=f"{NAME} {WORD}",
                change_message=f"{NAME} {WORD}",
                action_flag=CHANGE,
            )
    stream.drain()
    stream.settle([b"0-1"], [rows.to_line(late_event(roadmap))])  # refused by the table
    buffer.append(late_event(roadmap))  # not a row yet
    return roadmap


def known_of(person, roadmap):
    return {User: person, Roadmap: roadmap, ContentType: ContentType.objects.first()}


def fill(known):
    """Rows in the tables that have none yet; a row is known to those that belong to it."""
    missing = [model for model in related_models() if model is not LogEntry]
    while missing:
        ready = [
            model
            for model in missing
            if all(
                field.null or field.related_model in known
                for field in columns(model)
                if field.is_relation
            )
        ]
        if not ready:  # of a model that belongs to nobody
            for model in missing:
                for field in columns(model):
                    if field.is_relation and field.related_model not in related_models():
                        known.setdefault(field.related_model, made(field.related_model, known))
            continue
        for model in ready:
            known[model] = model._base_manager.first() or made(model, known)
            missing.remove(model)


def late_event(roadmap):
    return buffer.make_event(roadmap.pk, "node_started", f"{WORD} for {NAME}", "info", {})


def everything_that_names(words):
    return rows_that_name(words), redis_keys_that_name(words), files_that_name(words)


def test_every_table_that_knows_people_or_roadmaps_is_filled_before(roadmap):
    stream.drain()
    named = rows_that_name(needles(roadmap))
    assert {"logs_app_executionlog", "checkpoints", "checkpoint_blobs"} <= set(named)
    assert all(model._base_manager.exists() for model in related_models())


def check_nothing_is_left(roadmap):
    found, keys, files = everything_that_names(needles(roadmap))
    # The fixture's lines about what others still have stay.
    named = {table: found[table] for table in set(found) - REMEMBERED - {"django_admin_log"}}
    assert named == {}
    assert rows_of_log_about_what_is_gone() == []
    assert (keys, files) == ([], [])
    words = needles(roadmap, thread=False)
    assert "roadmaps_modelcall" not in rows_that_name(words)


def test_an_account_that_is_deleted_leaves_no_name_at_once(roadmap, person):
    leaving.delete_account(person)
    check_nothing_is_left(roadmap)
    assert not Session.objects.exists()


def test_a_roadmap_that_is_deleted_for_good_leaves_no_name_at_once(roadmap, person):
    trash.move_to_trash(roadmap, by=person)
    trash.delete_for_good(Roadmap.objects.get(pk=roadmap.pk))
    words = [str(roadmap.pk), roadmap.pk.hex, WORD]
    of_the_person = {"auth_user"} | {
        model._meta.db_table for model in related_models() if not belongs(model)
    }
    found, keys, files = everything_that_names(words)
    assert set(found) - {"roadmaps_erasedthread", "django_admin_log"} <= of_the_person
    assert (keys, files) == ([], [])
    assert not rows_of_log_about_what_is_gone()


def belongs(model):
    """Whether its rows are deleted with a roadmap."""
    seen, todo = set(), {model}
    while todo:
        one = todo.pop()
        seen.add(one)
        todo |= {
            field.related_model
            for field in columns(one)
            if field.is_relation and field.related_model not in seen
        }
    return Roadmap in seen


def rows_of_log_about_what_is_gone():
    return [
        entry
        for entry in LogEntry.objects.exclude(object_repr=erasure.FORGOTTEN)
        if not entry.content_type.model_class()._base_manager.filter(pk=entry.object_id).exists()
    ]


def test_a_person_whom_the_staff_delete_leaves_no_name_either(roadmap, person, admin_client):
    admin_client.post(reverse("admin:auth_user_delete", args=[person.pk]), {"post": "yes"})
    assert not User.objects.filter(pk=person.pk).exists()
    check_nothing_is_left(roadmap)


def copied_checkpoints(roadmap):
    """The rows of its thread, to write them again as a worker that still ran would."""
    kept = {}
    with connection.cursor() as cursor:
        for table in THREADS:
            cursor.execute(f"CREATE TEMPORARY TABLE late_{table} AS TABLE checkpoints.{table}")
            kept[table] = f"INSERT INTO checkpoints.{table} TABLE late_{table}"
    return kept


def test_what_running_workers_write_afterwards_goes_with_the_next_sweep(roadmap, person):
    late_rows = copied_checkpoints(roadmap)
    line = rows.to_line(late_event(roadmap))
    leaving.delete_account(person)
    rows.write([line])  # a batch that another writer had taken
    buffer.append(late_event(roadmap))
    ModelCall.objects.create(
        thread_id=roadmap.thread_id,
        role="intent",
        input_hash="late",
        model="m",
        answer={"goal": WORD},
        prompt=[NAME],
        input_tokens=5,
    )
    ModelFailure.objects.create(**failure(roadmap))
    TaskResult.objects.create(task_id=uuid.uuid4(), task_args=f"('{roadmap.pk}',)", result=WORD)
    with connection.cursor() as cursor:
        for table, insert in late_rows.items():
            cursor.execute(insert)
            cursor.execute(f"DROP TABLE late_{table}")
    assert set(rows_that_name(needles(roadmap))) > REMEMBERED
    retention.prune()
    check_nothing_is_left(roadmap)
    assert ModelCall.objects.get(input_hash="late").input_tokens == 5
    assert ErasedThread.objects.count() == 1


def test_who_is_deleted_while_a_run_is_under_way_stops_it(person):
    running = courses.requested(person, goal=f"Learn {WORD} arts")
    with leases.hold(running.pk, lambda: 1) as held:
        leaving.delete_account(person)
        with pytest.raises(LeaseLost), held.writing():
            pass
    check_nothing_is_left(running)


def test_what_belongs_to_others_stays(roadmap, person):
    kept = courses.designed(courses.person("other"), goal="Learn to sing")
    stream.drain()
    words = [str(kept.pk), str(kept.thread_id)]
    before = rows_that_name(words)
    leaving.delete_account(person)
    assert rows_that_name(words) == before
