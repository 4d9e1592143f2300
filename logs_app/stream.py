"""The Redis stream between the processes that log and the table, read by one consumer group."""

from collections.abc import Callable
from typing import Any

from redis.exceptions import ResponseError

from logs_app import redis_clients, rows

STREAM = "cairn:logs"
SCHEDULED = "cairn:logs:scheduled"
SCHEDULED_MILLISECONDS = 3000  # a message lost on its way holds up the log for so long
REFUSED = "cairn:logs:refused"  # events that can't become rows, for a person to look at
REFUSED_MAX = 1000
# Group and consumer: a dead writer is known by the age of its entries, not by a name.
WRITERS = "writers"
DEAD_MILLISECONDS = 10_000  # far longer than a batch takes
EVENTS_PER_ENTRY = 50
ENTRIES_AT_ONCE = 500
UNWRITTEN_ENTRIES_MAX = 1000  # a page does not read a whole backlog

Entry = tuple[bytes, dict[bytes, bytes]]  # id and numbered lines
redis_client = redis_clients.client(timeout=5)  # a batch is larger than what others ask for


def add(lines: list[bytes]) -> bool:
    """Hand events over; returns whether a batch must be scheduled. Raises RedisError."""
    with redis_client.pipeline(transaction=False) as pipe:
        for start in range(0, len(lines), EVENTS_PER_ENTRY):
            pipe.xadd(STREAM, dict(enumerate(lines[start : start + EVENTS_PER_ENTRY])))
        pipe.set(SCHEDULED, 1, nx=True, px=SCHEDULED_MILLISECONDS)
        return bool(pipe.execute()[-1])


def drain() -> int:
    """Write all events of the stream to the table; returns their number.

    Several writers at once share the work.
    """
    # Forgotten first: an event that comes after the last read schedules the next batch.
    redis_client.delete(SCHEDULED)
    total = 0
    for read in (abandoned_entries, new_entries):
        while entries := _with_group(read):
            lines = [line for _, numbered in entries for line in numbered.values()]
            settle([entry_id for entry_id, _ in entries], rows.write(lines))
            total += len(lines)
    return total


def settle(entry_ids: list[bytes], refused_lines: list[bytes]) -> None:
    """Remove entries whose events are written, and keep the lines that could not be."""
    with redis_client.pipeline(transaction=True) as pipe:
        for line in refused_lines:
            pipe.xadd(REFUSED, {"line": line}, maxlen=REFUSED_MAX)
        pipe.xack(STREAM, WRITERS, *entry_ids)
        pipe.xdel(STREAM, *entry_ids)
        pipe.execute()


def abandoned_entries() -> list[Entry]:
    """Entries that a dead writer had taken."""
    claimed: Any = redis_client.xautoclaim(
        STREAM, WRITERS, WRITERS, DEAD_MILLISECONDS, count=ENTRIES_AT_ONCE
    )
    entries: list[Entry] = claimed[1]
    return entries


def new_entries() -> list[Entry]:
    """Entries that no writer has taken."""
    streams: Any = redis_client.xreadgroup(WRITERS, WRITERS, {STREAM: ">"}, count=ENTRIES_AT_ONCE)
    entries: list[Entry] = streams[0][1] if streams else []
    return entries


def _with_group(read: Callable[[], list[Entry]]) -> list[Entry]:
    """The entries that `read` takes, after making the consumer group where there is none.

    There is none the first time, and after Redis was emptied.
    """
    try:
        return read()
    except ResponseError as exc:
        if not str(exc).startswith("NOGROUP"):
            raise
    try:
        redis_client.xgroup_create(STREAM, WRITERS, id="0", mkstream=True)
    except ResponseError as exc:
        if not str(exc).startswith("BUSYGROUP"):  # another writer was faster
            raise
    return read()


def refused() -> int:
    """The number of events that could not become rows. Raises RedisError."""
    return int(redis_client.xlen(REFUSED))


def forget_refused(word: str) -> None:
    """Delete the lines with `word` among those that could not become rows. Raises RedisError."""
    entries: Any = redis_client.xrange(REFUSED)
    named = [entry_id for entry_id, fields in entries if word.encode() in fields[b"line"]]
    if named:
        redis_client.xdel(REFUSED, *named)


def unwritten(word: str) -> list[bytes]:
    """The lines with `word` among the newest entries of the stream, oldest first.

    Raises RedisError.
    """
    newest: Any = redis_client.xrevrange(STREAM, count=UNWRITTEN_ENTRIES_MAX)
    return [
        line
        for _, numbered in reversed(newest)
        for line in numbered.values()
        if word.encode() in line
    ]
