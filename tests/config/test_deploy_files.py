"""What deploy/ says fits the product: every kind of work runs, stops in time, and holds no more
than it must.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml
from django.conf import settings

from config.management.commands import up
from config.management.commands.worker import KINDS
from docs import source
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
SPLIT = {kind: queues for kind, (queues, _) in KINDS.items() if kind != "all"}


def procfile():
    lines = (DEPLOY / "Procfile").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line)


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def manifests():
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    objects = [one for path in files for one in yaml.safe_load_all(path.read_text())]
    return {
        (one["kind"], one["metadata"]["name"]): one
        for one in objects
        if "kind" in one and "metadata" in one
    }


def served(commands):
    """The queues that `manage.py worker …` commands listen on."""
    kinds = [command.split()[-1] for command in commands if "manage.py worker" in command]
    return sorted(queue for kind in kinds for queue in KINDS[kind][0])


def test_every_split_worker_serves_its_queues_and_together_all_once():
    assert sorted(queue for queues in SPLIT.values() for queue in queues) == sorted(settings.QUEUES)


def test_the_procfile_runs_everything_and_serves_every_queue_once():
    commands = procfile()
    assert served(commands.values()) == sorted(settings.QUEUES)
    assert set(commands) == {"web", "beat", *(f"worker-{kind}" for kind in SPLIT)}
    assert "$" in commands["web"]  # the platform says which port


def test_the_compose_file_is_one_by_its_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(DEPLOY / "compose.yaml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_file_starts_every_worker_after_the_migrations():
    services = compose()["services"]
    commands = [" ".join(one["command"]) for one in services.values() if "command" in one]
    assert served(commands) == sorted(settings.QUEUES)
    for name in ("web", "beat", *(f"worker-{kind}" for kind in SPLIT)):
        needs = services[name]["depends_on"]
        assert needs["migrate"]["condition"] == "service_completed_successfully"
        assert {needs[one]["condition"] for one in ("postgres", "redis")} == {"service_healthy"}
        assert services[name]["deploy"]["resources"]["limits"]["memory"]
    for name in ("postgres", "redis", "web"):
        assert services[name]["healthcheck"]["test"]


def test_a_worker_that_has_ended_itself_is_started_again_everywhere():
    for kind in SPLIT:
        assert compose()["services"][f"worker-{kind}"]["restart"] == "unless-stopped"
        pod = manifests()["Deployment", f"cairn-worker-{kind}"]["spec"]["template"]["spec"]
        assert pod.get("restartPolicy", "Always") == "Always"
    assert "Restart=always" in unit_lines("cairn-worker@.service")


def test_redis_of_the_compose_file_keeps_messages():
    command = " ".join(compose()["services"]["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_the_compose_file_has_no_secret_in_it_and_gives_them_as_files():
    text = (DEPLOY / "compose.yaml").read_text()
    assert not re.search(r"(PASSWORD|SECRET_KEY|API_KEY|DATABASE_URL): ", text)
    assert {"DATABASE_URL_FILE", "SECRET_KEY_FILE", "LLM_API_KEY_FILE"} <= set(
        compose()["services"]["web"]["environment"]
    )


def seconds(text):
    return int(text.removesuffix("s"))


def test_workers_have_longer_to_stop_than_they_let_runs_end():
    for kind in SPLIT:
        service = compose()["services"][f"worker-{kind}"]
        assert seconds(service["stop_grace_period"]) > int(service["environment"]["STOP_SECONDS"])
        pod = manifests()["Deployment", f"cairn-worker-{kind}"]["spec"]["template"]["spec"]
        given = int(manifests()["ConfigMap", "cairn"]["data"]["STOP_SECONDS"])
        assert pod["terminationGracePeriodSeconds"] > given
    unit = (DEPLOY / "systemd/cairn-worker@.service").read_text()
    assert (
        int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE).group(1)) > 20
    )  # STOP_SECONDS by default


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_accepts_the_units(tmp_path):
    for unit in (DEPLOY / "systemd").iterdir():
        # As installed, but for where: systemd looks whether the programs are there.
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/cairn", str(ROOT)))
    (tmp_path / "cairn-worker@.service").rename(tmp_path / "cairn-worker@workflow.service")
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True
    )
    said = [line for line in done.stderr.splitlines() if "cairn" in line]
    assert said == []
    broken = tmp_path / "cairn-broken.service"
    broken.write_text("[Service]\nExecStart=/nowhere/cairn\nKillSignal=SIGNONE\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(broken)], capture_output=True, text=True
    )
    assert "cairn-broken" in done.stderr  # it does look


def lasting_units():
    """All services but the backup, which ends."""
    return [unit for unit in (DEPLOY / "systemd").glob("*.service") if unit.stem != "cairn-backup"]


def unit_lines(name):
    return (DEPLOY / "systemd" / name).read_text().splitlines()


def test_the_backup_is_of_the_database_that_the_services_use_and_may_do_no_more_than_they():
    backup, beat = unit_lines("cairn-backup.service"), unit_lines("cairn-beat.service")
    hardened = beat[beat.index("NoNewPrivileges=true") : beat.index("[Install]")]
    same = (
        "User=cairn",
        "WorkingDirectory=/opt/cairn",
        "EnvironmentFile=/etc/cairn/cairn.env",
        *hardened,
    )
    assert [line for line in same if line not in backup] == []
    assert "OnCalendar=03:17" in unit_lines("cairn-backup.timer")


def test_the_backup_of_the_unit_is_a_dump_with_a_name_of_its_time(tmp_path):
    line = next(
        line for line in unit_lines("cairn-backup.service") if line.startswith("ExecStart=")
    )
    command = (
        line.removeprefix("ExecStart=")
        .replace("%%", "%")
        .replace("/var/lib/cairn/backups", str(tmp_path))
    )
    for program in ("pg_dump", "pg_restore"):  # the dump itself is test_backup's
        (tmp_path / program).write_text(
            '#!/bin/sh\nfor word; do case $word in --file=*) : > "${word#*=}";; esac; done\n'
        )
        (tmp_path / program).chmod(0o755)
    found = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DATABASE_URL": "postgresql:///cairn"}
    subprocess.run(shlex.split(command), cwd=ROOT, env=found, check=True)
    (dump,) = tmp_path.glob("cairn-*")
    assert re.fullmatch(r"cairn-\d{4}-\d\d-\d\d-\d{6}\.dump", dump.name)


def test_units_restart_stop_and_hold_what_they_may():
    for unit in lasting_units():
        text = unit.read_text()
        for line in (
            "Restart=always",
            "KillSignal=SIGTERM",
            "NoNewPrivileges=true",
            "ProtectSystem=strict",
            "User=cairn",
            "SyslogIdentifier=%N",
        ):
            assert f"\n{line}\n" in text, (unit.name, line)
        assert re.search(r"^MemoryMax=\d+[MG]$", text, re.MULTILINE), unit.name
        assert re.search(r"^TimeoutStopSec=\d+$", text, re.MULTILINE), unit.name


WEB = r"python manage\.py web( --(host|port|fd|stop-seconds) \S+)+"


def starts_of_the_web():
    """The command of each way to start the web; compose and Kubernetes take the image's."""
    for containers_of in (compose()["services"]["web"], containers()["cairn-web"]):
        assert not {"command", "args", "entrypoint"} & set(containers_of)
    unit = (DEPLOY / "systemd/cairn-web.service").read_text()
    yield "Procfile", procfile()["web"]
    yield "image", " ".join(json.loads(dict(stages()[1])["CMD"]))
    yield "systemd", re.search(r"^ExecStart=/usr/bin/env \.venv/bin/(.+)$", unit, re.M).group(1)
    python, manage, *rest = up.commands("::1", 8000)["web"]
    assert (python, manage) == (sys.executable, str(ROOT / "manage.py"))
    yield "up", " ".join(["python manage.py", *rest])


def test_every_way_of_starting_the_web_has_its_limits_of_connections():
    ways = dict(starts_of_the_web())
    assert len(ways) == 4
    for way, command in ways.items():
        assert re.fullmatch(WEB, command), way
    for file in (
        p for p in [*DEPLOY.rglob("*"), *ROOT.glob("*.md"), ROOT / "Makefile"] if p.is_file()
    ):
        assert "uvicorn config" not in file.read_text(), file


def test_a_version_is_its_own_also_when_the_link_points_to_a_newer_one():
    for unit in lasting_units():
        text = unit.read_text()
        assert "\nWorkingDirectory=/opt/cairn\n" in text
        # A console script names its own interpreter; a python by the link's path would import from
        # the newer folder.
        assert re.search(
            r"^ExecStart=/usr/bin/env .venv/bin/python ",
            text,
            re.MULTILINE,
        )


def test_cairn_manage_runs_a_command_of_this_folder_as_the_services_run(tmp_path):
    asked = tmp_path / "systemd-run"
    asked.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    asked.chmod(0o755)
    found = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    command = [str(DEPLOY / "cairn-manage"), "migrate", "--plan"]
    words = subprocess.run(
        command, cwd=ROOT, env=found, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    unit = (DEPLOY / "systemd/cairn-beat.service").read_text()
    assert words[-4:] == [f"{ROOT}/.venv/bin/python", "manage.py", "migrate", "--plan"]
    assert f"--working-directory={ROOT}" in words
    for option, line in (
        ("--uid=cairn", "User=cairn"),
        ("--property=EnvironmentFile=/etc/cairn/cairn.env", "EnvironmentFile=/etc/cairn/cairn.env"),
        (
            "--setenv=VAR_DIR=/var/lib/cairn",
            "Environment=VAR_DIR=/var/lib/cairn PYTHONUNBUFFERED=1",
        ),
    ):
        assert option in words
        assert line in unit.splitlines()


def containers():
    found = {}
    for (kind, name), one in manifests().items():
        if kind in ("Deployment", "Job"):
            found[name] = one["spec"]["template"]["spec"]["containers"][0]
    return found


def test_kubernetes_serves_every_queue_and_scales_each_by_its_depth():
    commands = [" ".join(one.get("args", [])) for one in containers().values()]
    assert served(commands) == sorted(settings.QUEUES)
    for kind, queues in SPLIT.items():
        scaled = manifests()["HorizontalPodAutoscaler", f"cairn-worker-{kind}"]["spec"]
        assert scaled["scaleTargetRef"]["name"] == f"cairn-worker-{kind}"
        metric = scaled["metrics"][0]["external"]["metric"]
        assert (metric["name"], metric["selector"]["matchLabels"]["queue"]) == (
            "cairn_queue_depth",
            queues[0],
        )
        assert ("PodDisruptionBudget", f"cairn-worker-{kind}") in manifests()


def test_kubernetes_selectors_find_their_pods():
    for (kind, name), one in manifests().items():
        if kind == "Deployment":
            labels = one["spec"]["template"]["metadata"]["labels"]
            assert one["spec"]["selector"]["matchLabels"] == labels, name
        if kind == "PodDisruptionBudget":
            pods = manifests()["Deployment", name]["spec"]["template"]["metadata"]["labels"]
            assert one["spec"]["selector"]["matchLabels"] == pods, name
    web = manifests()["Deployment", "cairn-web"]["spec"]["template"]
    assert manifests()["Service", "cairn-web"]["spec"]["selector"] == web["metadata"]["labels"]


def test_kubernetes_runs_nothing_as_root_and_only_one_beat():
    for name, container in containers().items():
        assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
        assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
        assert container["resources"]["limits"]["memory"], name
    beat = manifests()["Deployment", "cairn-beat"]["spec"]
    assert (beat["replicas"], beat["strategy"]["type"]) == (1, "Recreate")


def test_kubernetes_probes_ask_what_there_is(client):
    web = containers()["cairn-web"]
    paths = {
        web[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {"/healthz", "/readyz"}
    assert (
        web["livenessProbe"]["httpGet"]["path"] == "/healthz"
    )  # a database that is away is no reason to restart


def test_kubernetes_settings_are_settings_and_secrets_only_a_template():
    known = {setting.name for setting in source.settings()}
    names = [
        *manifests()["ConfigMap", "cairn"]["data"],
        *manifests()["Secret", "cairn"]["stringData"],
    ]
    assert [name for name in names if name not in known] == []
    listed = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    assert "secret.example.yaml" not in listed
    assert all(
        "CHANGE-ME" in value for value in manifests()["Secret", "cairn"]["stringData"].values()
    )


@pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl here")
def test_kustomize_puts_the_manifests_together():
    done = subprocess.run(
        ["kubectl", "kustomize", str(DEPLOY / "kubernetes")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    images = {
        container["image"]
        for one in yaml.safe_load_all(done.stdout)
        if one["kind"] == "Deployment"
        for container in one["spec"]["template"]["spec"]["containers"]
    }
    assert images == {"registry.example.com/cairn:1"}


def stages():
    text = (DEPLOY / "Dockerfile").read_text()
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    lines = [line.split(" ", 1) for line in joined.splitlines() if line.strip()]
    starts = [at for at, (word, _) in enumerate(lines) if word == "FROM"]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def test_the_image_copies_what_there_is_and_builds_from_the_locks():
    build, final = stages()
    for word, rest in build:
        if word == "COPY":
            *sources, _target = shlex.split(rest)
            assert all((ROOT / source).exists() for source in sources), rest
    ran = " ".join(rest for word, rest in build if word == "RUN")
    assert "--require-hashes -r requirements.lock" in ran
    assert "--compile-bytecode" in ran  # the processes may write none
    assert "compileall -q ." in ran
    assert "templates/packages/install" in ran
    assert not any(word == "RUN" and "pip" in rest for word, rest in final)


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_lives():
    _build, final = stages()
    words = dict(final)
    assert words["USER"] == "10001"
    assert "/healthz" in words["HEALTHCHECK"]
    assert words["STOPSIGNAL"] == "SIGTERM"
    assert "manage.py" in words["CMD"]


def test_the_image_takes_no_secrets_and_no_rubbish_along():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", "var", ".venv", "deploy/secrets", "*.env"} <= set(ignored)
