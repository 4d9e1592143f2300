"""`manage.py up`: where it listens, what it tells its processes, and what is left when it is
killed.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
import websockets.exceptions
import websockets.sync.client
from django.core.management import CommandError, call_command
from websockets.typing import Origin

from config.management.commands import up
from roadmaps.engine import beat_lock
from roadmaps.operations import connection_budget
from tests.conftest import DEADLINE_SECONDS, ROOT, wait_for
from tests.e2e.conftest import answers, free_port

PASSWORD = "stones-on-stones"
KINDS = {"web": "web", "worker": "worker", "beat": "beat"}


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("127.0.0.1", "99999", "--port 99999: expected a number from 1 to 65535."),
        ("127.0.0.1", "0", "--port 0: expected a number from 1 to 65535."),
        ("127.0.0.1", "abc", "--port abc: expected a number from 1 to 65535."),
        (
            "192.0.2.1",
            "8137",
            "192.0.2.1:8137 can't be used (Cannot assign requested address); choose another --host.",
        ),
        ("", "8137", "--host : no name or address of this machine (it is empty)."),
        ("x" * 70, "8137", f"--host {'x' * 70}: no name or address of this machine"),
    ],
)
def test_an_address_that_can_not_be_is_refused_in_a_sentence(host, port, sentence):
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("up", host=host, port=port)


def test_debug_and_other_machines_are_refused_together(settings):
    settings.DEBUG = True
    everywhere = "0.0.0.0"
    with pytest.raises(
        CommandError, match="DEBUG is on, and --host 0.0.0.0 lets other machines in"
    ):
        call_command("up", host=everywhere, port="8137")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_that_somebody_has_is_named(host):
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        with pytest.raises(
            CommandError, match=rf"{host}:{port} can't be used \(Address already in use\)"
        ):
            call_command("up", host=host, port=str(port))


def test_a_port_that_only_root_may_open_is_named(monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(
        CommandError,
        match=r"127.0.0.1:80 can't be used \(Permission denied\); choose another --port",
    ):
        call_command("up", port="80")


@pytest.mark.parametrize(
    ("host", "address", "names"),
    [
        ("127.0.0.1", "http://127.0.0.1:8137", "localhost,127.0.0.1,[::1]"),
        ("::1", "http://[::1]:8137", "localhost,127.0.0.1,[::1]"),
        ("fd00::7", "http://[fd00::7]:8137", "localhost,127.0.0.1,[::1],[fd00::7]"),
        ("study.lan", "http://study.lan:8137", "localhost,127.0.0.1,[::1],study.lan"),
        ("0.0.0.0", "http://127.0.0.1:8137", "localhost,127.0.0.1,[::1]"),
        ("::", "http://[::1]:8137", "localhost,127.0.0.1,[::1]"),
    ],
)
def test_processes_are_told_where_the_site_is(settings, host, address, names):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    assert up.site_address(host, 8137) == address
    told = up.defaults(host, 8137)
    assert (told["PUBLIC_URL"], told["ALLOWED_HOSTS"]) == (address, names)


@pytest.mark.parametrize("name", ["PUBLIC_URL", "PUBLIC_URL_FILE"])
def test_what_somebody_has_set_stays(monkeypatch, name):
    assert (
        up.environment({"PUBLIC_URL": "http://127.0.0.1:8137"})["PUBLIC_URL"]
        == "http://127.0.0.1:8137"
    )
    monkeypatch.setenv(name, "https://cairn.example.com")
    assert (
        "http://127.0.0.1:8137"
        not in up.environment({"PUBLIC_URL": "http://127.0.0.1:8137"}).values()
    )


def most(sizes):
    """Connections of a web, a worker and a beat."""
    beat = connection_budget.of_process(*connection_budget.BEAT.values())
    return 2 * connection_budget.of_process(*sizes.values()) + beat


@pytest.mark.parametrize("allowed", [97, 60, 40, 24, 12])
def test_whatever_postgresql_allows_the_pools_fit_and_leave_room_for_a_second_up(settings, allowed):
    settings.DATABASE_POOL_SIZE, settings.CHECKPOINT_POOL_SIZE = 20, 8
    first = connection_budget.pool_sizes(allowed)
    assert all(size >= connection_budget.LEAST[name] for name, size in first.items())
    assert most(first) <= allowed
    if allowed >= 24:
        at_once = connection_budget.pool_sizes(allowed)
        assert most(first) + most(at_once) <= allowed


def test_where_postgresql_allows_plenty_the_pools_are_as_set(settings):
    settings.DATABASE_POOL_SIZE, settings.CHECKPOINT_POOL_SIZE = 20, 8
    assert connection_budget.pool_sizes(200) == {
        "DATABASE_POOL_SIZE": 20,
        "CHECKPOINT_POOL_SIZE": 8,
    }


def test_where_too_few_connections_are_left_up_says_so(settings, monkeypatch):
    settings.DATABASE_TRANSACTION_POOLER = False
    monkeypatch.setattr(connection_budget, "allowed", lambda: 97)
    monkeypatch.setattr(connection_budget, "processes", lambda: [{"allowed": 58}, {"allowed": 29}])
    with pytest.raises(
        CommandError, match="PostgreSQL has room for 10 more connections, which is too few"
    ):
        up.pool_sizes()
    settings.DATABASE_TRANSACTION_POOLER = True
    assert up.pool_sizes() == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("names", "advised"), [("", True), ("cairn.example.com", False)])
def test_who_listens_on_all_addresses_is_told_how_others_are_let_in(
    monkeypatch, capsys, names, advised
):
    monkeypatch.setattr(up.Command, "run_all", lambda *_: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setenv("ALLOWED_HOSTS", names)
    call_command("up", host="0.0.0.0", port=str(free_port()))
    assert ("set ALLOWED_HOSTS to the names and addresses" in capsys.readouterr().out) == advised


class Up:
    """A whole Cairn on an address of its own; those of one folder share its database."""

    def __init__(self, folder, host):
        self.host, self.port, self.folder = host, free_port(), folder
        self.address = up.site_address(host, self.port)
        self.log = folder / f"{self.port}.log"
        own = {
            "VAR_DIR": str(folder),
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "DJANGO_SUPERUSER_EMAIL": "a@example.org",
        }
        own |= {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}
        without = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "ALLOWED_HOSTS")
        environment = {name: value for name, value in os.environ.items() if name not in without}
        command = [sys.executable, "manage.py", "up", "--host", host, "--port", str(self.port)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment | own, stdout=log, stderr=log
            )

    def is_up(self):
        assert self.process.poll() is None, self.log.read_text()
        return f"Cairn is at {self.address}/ " in self.log.read_text() and answers(
            f"{self.address}/healthz"
        )

    def children(self):
        """Its processes by kind."""
        found: dict[str, psutil.Process] = {}
        for process in psutil.Process(self.process.pid).children():
            words = process.cmdline()
            found |= {
                kind: process for word, kind in KINDS.items() if word in words and "up" not in words
            }
        return found

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE_SECONDS)


@pytest.fixture(scope="module")
def cairns():
    """Two on one database: one by an IPv6 address where the machine has one, one by a name."""
    with tempfile.TemporaryDirectory(prefix="cairn-") as folder, contextlib.ExitStack() as stack:
        first = Up(Path(folder), ipv6_or_ipv4())
        stack.callback(lambda: wait_for(lambda: not below(folder)))
        stack.callback(first.kill)
        wait_for(first.is_up, 300)
        second = Up(Path(folder), "localhost")
        stack.callback(second.kill)
        wait_for(second.is_up, 300)
        yield first, second


def ipv6_or_ipv4():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return "::1"
    return "127.0.0.1"


def below(folder):
    """Every process that works in the folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and (
                str(folder) in " ".join(process.cmdline())
                or process.environ().get("VAR_DIR") == str(folder)
            ):
                found.append(process)
    return [process for process in found if process.pid != os.getpid()]


def beat_holders(folder):
    """Process ids of the servers' sides of connections that hold beat's lock."""
    held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
    with psycopg.connect(f"postgresql://postgres@:5432/cairn?host={folder}/sockets") as connection:
        return [pid for (pid,) in connection.execute(held, [beat_lock.LOCK])]


@pytest.mark.parametrize("which", [0, 1])
def test_a_browser_signs_in_at_the_address_that_is_told(cairns, which):
    address = cairns[which].address
    with httpx.Client(base_url=address, headers={"Origin": address}) as browser:
        page = browser.get("/accounts/login/")
        assert page.status_code == 200
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page.text).group(1)
        fields = {"login": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert browser.post("/accounts/login/", data=fields).status_code == 302
        assert browser.get("/roadmaps/").status_code == 200
        refused = browser.post(
            "/accounts/login/", data=fields, headers={"Origin": "http://elsewhere.example"}
        )
        assert refused.status_code == 403


@pytest.mark.parametrize("which", [0, 1])
def test_a_page_of_the_address_that_is_told_may_open_sockets(cairns, which):
    address = cairns[which].address
    socket_address = f"{address.replace('http', 'ws', 1)}/ws/roadmaps/{uuid.uuid4()}/"
    with websockets.sync.client.connect(socket_address, origin=Origin(address)) as line:
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            line.recv(timeout=DEADLINE_SECONDS)
        assert closed.value.rcvd.code == 4401  # let in, and told to sign in
    with pytest.raises(websockets.exceptions.InvalidStatus, match="403"):
        websockets.sync.client.connect(socket_address, origin=Origin("http://elsewhere.example"))


def test_links_in_mails_carry_the_port_whichever_process_writes_them(cairns):
    for cairn in cairns:
        told = {kind: process.environ()["PUBLIC_URL"] for kind, process in cairn.children().items()}
        assert told == dict.fromkeys(("web", "worker", "beat"), cairn.address)
    first = cairns[0]
    with httpx.Client(
        base_url=first.address, headers={"Host": f"localhost:{first.port}"}
    ) as stranger:
        page = stranger.get("/accounts/password/reset/")
        token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page.text).group(1)
        sent = stranger.post(
            "/accounts/password/reset/",
            data={"email": "a@example.org", "csrfmiddlewaretoken": token},
        )
    assert sent.status_code == 302
    (letter,) = (first.folder / "mail").iterdir()
    assert f"{first.address}/accounts/password/reset/key/" in letter.read_text()
    assert "localhost:" not in letter.read_text()


def test_two_on_one_database_share_the_beat_quietly_and_fit_into_its_connections(cairns):
    folder = cairns[0].folder
    wait_for(lambda: len(beat_holders(folder)) == 1)
    sizes = [process.environ() for cairn in cairns for process in cairn.children().values()]
    assert len(sizes) == 6
    wanted = sum(
        int(size["DATABASE_POOL_SIZE"]) + int(size["CHECKPOINT_POOL_SIZE"]) + 1 for size in sizes
    )
    with psycopg.connect(f"postgresql://postgres@:5432/cairn?host={folder}/sockets") as connection:
        row = connection.execute("SELECT current_setting('max_connections')::int - 3").fetchone()
    assert row
    assert wanted <= row[0]
    assert all(process.is_running() for cairn in cairns for process in cairn.children().values())
    assert not any("ended" in cairn.log.read_text() for cairn in cairns)


def test_a_killed_one_leaves_nothing_and_its_beat_to_the_other(cairns):
    first, second = cairns
    (before,) = beat_holders(first.folder)
    left = list(first.children().values())
    assert len(left) == 3
    first.kill()
    wait_for(lambda: not any(process.is_running() for process in left))
    wait_for(lambda: beat_holders(first.folder) not in ([], [before]))
    assert answers(f"{second.address}/healthz")
    assert "ended" not in second.log.read_text()
    second.kill()
    wait_for(lambda: not below(first.folder))
