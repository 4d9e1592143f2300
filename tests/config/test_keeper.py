"""The keeper of the embedded services, which starts them again, and the lock of each server."""

import concurrent.futures
import contextlib
import os
import signal
import socket
import threading

import psutil
import psycopg
import pytest
import redis

from config.embedded import EmbeddedServiceError, EmbeddedServices, services, watch
from config.embedded.errors import EmbeddedServiceError as ServiceError
from config.embedded.redis import ask
from config.embedded.server import Answer
from config.embedded.server_user import hand_over
from tests.config.checkouts import Visitor, processes
from tests.conftest import wait_for

KINDS = {"PostgreSQL": "bin/postgres", "Redis": "redis-server"}


def main_processes(root, kind):
    """Servers, without the processes that a server makes."""
    return [pid for pid in processes(root, KINDS[kind]) if psutil.pid_exists(pid)]


def told(root):
    """The keeper's sentences, without their times."""
    with contextlib.suppress(FileNotFoundError):
        lines = (root / "services.log").read_text().splitlines()
        return [line.split(" ", 2)[2] for line in lines]
    return []


def write(visitor):
    """One more row and one more count, at the addresses that were given before any death."""
    database, messages = visitor.addresses
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO visits VALUES ('x')")
        row = connection.execute("SELECT count(*) FROM visits").fetchone()
    assert row
    return row[0], redis.Redis.from_url(messages).incr("visits")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_dies_is_started_again_and_both_are_told_once(checkout, kind, how):
    visitor = Visitor(checkout)
    (dead,) = main_processes(checkout, kind)
    os.kill(dead, how)
    wait_for(lambda: len(told(checkout)) == 2)
    assert told(checkout)[0] == f"{kind} has died; it is started again."
    assert told(checkout)[1].startswith(f"{kind} is back after ")
    assert write(visitor) == (2, 2)
    assert len(main_processes(checkout, kind)) == 1
    visitor.go()
    assert not processes(checkout, *KINDS.values())
    assert len(told(checkout)) == 2  # a stop that was meant is no death


def test_what_a_killed_postgresql_left_writing_ends_before_another_starts(checkout):
    visitor = Visitor(checkout)
    (dead,) = main_processes(checkout, "PostgreSQL")
    with psycopg.connect(visitor.addresses[0], autocommit=True) as busy:
        backend = psutil.Process(busy.info.backend_pid)
        # It waits for nothing, so it doesn't hear of the death.
        query = "DO $$BEGIN LOOP NULL; END LOOP; END$$"
        threading.Thread(target=suppressed, args=(busy, query), daemon=True).start()
        wait_for(lambda: backend.cpu_times().user > 0.2)
        os.kill(dead, signal.SIGKILL)
        wait_for(lambda: len(told(checkout)) == 2)
        assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE
    assert write(visitor) == (2, 2)
    visitor.go()


def suppressed(connection, query):
    with contextlib.suppress(psycopg.Error):
        connection.execute(query)


@pytest.mark.parametrize("kind", KINDS)
def test_who_comes_before_the_keeper_has_looked_starts_it_and_says_so(checkout, kind):
    visitor = Visitor(checkout)
    (keeper,) = processes(checkout, "embedded/__main__.py")
    os.kill(keeper, signal.SIGSTOP)
    (dead,) = main_processes(checkout, kind)
    os.kill(dead, signal.SIGKILL)
    wait_for(lambda: not processes(checkout, KINDS[kind]))
    following = Visitor(checkout)
    os.kill(keeper, signal.SIGCONT)
    assert following.visits == [2, 2]
    assert told(checkout)[0] == f"{kind} has died; it is started again."
    assert told(checkout)[1].startswith(f"{kind} is back after ")
    following.go()
    visitor.go()
    assert len(told(checkout)) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_keeper_that_is_killed_too_is_replaced_by_who_watches(checkout, kind):
    visitor, watching = Visitor(checkout), EmbeddedServices(checkout)
    watching.redis_url()
    (keeper,) = processes(checkout, "embedded/__main__.py")
    os.kill(keeper, signal.SIGKILL)
    (dead,) = main_processes(checkout, kind)
    os.kill(dead, signal.SIGKILL)
    lines: list[str] = []

    def is_told():
        lines.extend(watching.watch())
        return len(lines) == 2

    wait_for(is_told)
    assert f"{kind} is back after " in lines[1]
    assert write(visitor) == (2, 2)
    visitor.go()
    watching.leave()


ANSWERS = {
    "MISCONF": lambda server: (
        server.config_set("dir", "/proc"),
        server.config_set("save", "900 1"),
        server.bgsave(),
        wait_for(lambda: server.info()["rdb_last_bgsave_status"] == "err"),
    ),
    "NOAUTH": lambda server: server.config_set("requirepass", "x"),
}


@pytest.mark.parametrize("error", ANSWERS)
def test_a_redis_that_answers_with_an_error_is_there(checkout, error):
    visitor = Visitor(checkout)
    (before,) = main_processes(checkout, "Redis")
    server = redis.Redis.from_url(visitor.addresses[1])
    ANSWERS[error](server)
    path = checkout / "sockets" / "redis.sock"
    assert ask(b"PING", path).startswith(f"-{error} ".encode())
    for _ in range(2):
        other = EmbeddedServices(checkout)
        assert other.redis_url() == visitor.addresses[1]
        other.leave()
    assert main_processes(checkout, "Redis") == [before]
    assert told(checkout) == []
    visitor.go()
    assert not main_processes(checkout, "Redis")


class Stub:
    """A socket in the place of Redis, which says one thing to everybody, or nothing."""

    def __init__(self, folder, text):
        (folder / "sockets").mkdir(mode=0o700)
        hand_over(folder / "sockets")
        self.path, self.text = folder / "sockets" / "redis.sock", text
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.path))
        self.listening.listen(100)
        self.kept = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                self.kept.append(connection)
                connection.recv(100)
                if self.text:
                    connection.sendall(self.text)

    def close(self):
        self.path.unlink()
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


@pytest.mark.parametrize("text", [b"", b"-LOADING Redis is loading the dataset in memory\r\n"])
def test_whoever_listens_without_being_ready_is_waited_for_and_none_is_started(
    empty, monkeypatch, text
):
    monkeypatch.setattr(services, "START_DEADLINE_SECONDS", 1)
    monkeypatch.setattr("config.embedded.redis.ANSWER_SECONDS", 0.5)
    own = EmbeddedServices(empty)
    with contextlib.closing(Stub(empty, text)) as stub:
        with pytest.raises(EmbeddedServiceError, match="Redis runs but does not answer; see "):
            own.redis_url()
        assert not processes(empty, "redis-server")
        stub.text = b"+PONG\r\n"
        assert own.redis_url() == f"unix://{stub.path}"
        assert not processes(empty, "redis-server")
    own.leave()


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_nobody_can_reach_any_more_keeps_its_folder(checkout, monkeypatch, kind):
    visitor = Visitor(checkout)
    before = main_processes(checkout, kind)
    path = checkout / "sockets" / {"Redis": "redis.sock", "PostgreSQL": ".s.PGSQL.5432"}[kind]
    path.rename(checkout / "elsewhere")
    monkeypatch.setattr(services, "START_DEADLINE_SECONDS", 1)
    own = EmbeddedServices(checkout)
    with pytest.raises(EmbeddedServiceError, match=f"{kind} runs but does not answer; see "):
        own.redis_url() if kind == "Redis" else own.database_url()
    assert main_processes(checkout, kind) == before
    (checkout / "elsewhere").rename(path)
    own.leave()
    visitor.go()


def test_eight_processes_at_once_have_one_server_of_each_kind(checkout):
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        visitors = list(threads.map(Visitor, [checkout] * 8))
    counts = sorted(visitor.visits[1] for visitor in visitors)
    assert counts == list(range(1, 9))
    assert {kind: len(main_processes(checkout, kind)) for kind in KINDS} == dict.fromkeys(KINDS, 1)
    for visitor in visitors:
        visitor.go()
    assert not processes(checkout, *KINDS.values())


class Server:
    """A server that dies as often as a test wants."""

    name = "Redis"

    def __init__(self):
        self.wanted, self.living, self.launches, self.error = True, True, 0, None

    def is_wanted(self):
        return self.wanted

    def runs(self):
        return self.living

    lives = runs

    def answer(self):
        return Answer.READY if self.living else Answer.NONE

    def reason(self):
        return "It says why"

    def prepare(self):
        return "unix:///nowhere"

    def launch(self):
        self.launches += 1
        if self.error:
            raise self.error
        return True


@pytest.fixture
def clock(monkeypatch):
    """The watch's time, which the test moves: clock[0] += seconds."""
    now = [1000.0]
    monkeypatch.setattr("config.embedded.watch.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def watched(tmp_path, clock):
    server = Server()
    return server, watch.Watch(server, watch.Told(tmp_path / "services.log"))


def test_deaths_in_a_row_are_waited_out_longer_and_longer(watched, clock, tmp_path):
    server, watching = watched
    server.living = False
    launched_at = []
    began = clock[0]
    for _ in range(400):
        before = server.launches
        watching.look()
        if server.launches > before:
            launched_at.append(clock[0] - began)
        clock[0] += 1
    # Each death is seen a second after its start.
    assert launched_at[:7] == [0, 3, 8, 17, 34, 67, 128]
    assert launched_at[8] - launched_at[7] == 61  # not longer than that
    assert told(tmp_path)[:2] == [
        "Redis has died; it is started again.",
        "Redis has died 2 times in a row; it is started again in 2 s. It says why.",
    ]
    server.living = True
    watching.look()
    assert told(tmp_path)[-1].startswith("Redis is back after 400 s")


def test_a_server_that_ran_for_a_while_is_started_again_at_once(watched, clock, tmp_path):
    server, watching = watched
    for _ in range(3):
        server.living = False
        watching.look()
        server.living = True
        clock[0] += 1
        watching.look()
        clock[0] += 100
    assert server.launches == 3
    assert (
        told(tmp_path)
        == [
            "Redis has died; it is started again.",
            "Redis is back after 1 s.",
        ]
        * 3
    )


def test_what_was_stopped_on_purpose_stays_stopped(watched, tmp_path):
    server, watching = watched
    server.wanted = server.living = False
    watching.look()
    assert (server.launches, told(tmp_path)) == (0, [])


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ServiceError("no way")])
def test_a_start_that_fails_is_told_and_tried_again(watched, clock, tmp_path, error):
    server, watching = watched
    server.living, server.error = False, error
    watching.look()
    assert told(tmp_path)[1] == f"Redis could not be started: {error}"
    server.error = None
    for _ in range(4):
        clock[0] += 1
        watching.look()
    assert server.launches == 2
