"""Emptying of the test database after a test that commits, at a fraction of what a flush costs.

Django's flush gives every table and index new files, and writes all content types and permissions
anew. Here only the tables that hold rows are emptied, and what migrations wrote comes back.
"""

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase

COPIES = "written_by_migrations"  # a schema


def replace_flush():
    """Let tests that commit end with `empty()`; before the first test, as it keeps what is there.

    Only a superuser passes triggers by: on a database of somebody else, tests flush.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')::boolean")
        if not cursor.fetchone()[0]:
            return
        cursor.execute(f"CREATE SCHEMA {COPIES}")
        for table in _those_with_rows(cursor, _tables(cursor)):
            cursor.execute(f'CREATE TABLE {COPIES}."{table}" AS TABLE "{table}"')
    TransactionTestCase._fixture_teardown = lambda _test: empty()  # type: ignore[attr-defined]


def empty():
    """Bring every table back to what migrations wrote, once all that writes has ended."""
    with transaction.atomic(), connection.cursor() as cursor:
        tables = _tables(cursor)
        cursor.execute("SET LOCAL session_replication_role = replica")  # no order, no triggers
        # As a flush does: a thread or process that still writes ends first.
        names = ", ".join(f'"{table}"' for table in sorted(tables))
        cursor.execute(f"LOCK TABLE {names}")
        copied = _copied(cursor)
        changed = [table for table in copied if _is_changed(cursor, table)]
        for table in _those_with_rows(cursor, tables - copied):
            cursor.execute(f'DELETE FROM "{table}"')
        for table in changed:
            cursor.execute(f'DELETE FROM "{table}"')
            cursor.execute(f'INSERT INTO "{table}" TABLE {COPIES}."{table}"')
    if changed:
        ContentType.objects.clear_cache()


def _tables(cursor):
    """Names of Django's tables, without its record of migrations."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return set(names) - {"django_migrations"}


def _those_with_rows(cursor, tables):
    names = sorted(tables)
    columns = ", ".join(f'EXISTS (SELECT FROM "{table}")' for table in names)
    cursor.execute(f"SELECT {columns}")
    return [table for table, has_rows in zip(names, cursor.fetchone(), strict=True) if has_rows]


def _copied(cursor):
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [COPIES])
    return {table for (table,) in cursor.fetchall()}


def _is_changed(cursor, table):
    now, before = f'TABLE "{table}"', f'TABLE {COPIES}."{table}"'
    cursor.execute(f"SELECT EXISTS (({now} EXCEPT {before}) UNION ALL ({before} EXCEPT {now}))")
    return cursor.fetchone()[0]
