"""manage.py generate: one goal, from the terminal to a finished course."""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, Sum

from content.artifacts.kinds import counts
from content.exports import markdown, rows
from content.management.terminal import Display
from roadmaps.engine.recovery import recover
from roadmaps.models import ModelCall, Module, Roadmap, RoadmapStatus
from roadmaps.operations import health, queues
from roadmaps.services import decide_review, request_roadmap
from roadmaps.worker import child

OWNER = "cairn"
RECOVER_EVERY_SECONDS = 5
ENDED = (RoadmapStatus.READY, RoadmapStatus.PARTIAL)
BROKEN = (RoadmapStatus.FAILED, RoadmapStatus.CANCELLED, RoadmapStatus.REJECTED)


class Command(BaseCommand):
    help = "Design a roadmap for GOAL; with --approve also write its course."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("goal")
        parser.add_argument(
            "--level", default="beginner", help="beginner, intermediate or advanced"
        )
        parser.add_argument("--hours", type=int, default=5, help="hours a week")
        parser.add_argument("--weeks", type=int, default=8)
        parser.add_argument("--language", default="en", help="BCP 47, such as en, de, zh-Hans")
        parser.add_argument(
            "--approve", action="store_true", help="approve the plan unseen, and write the content"
        )
        parser.add_argument(
            "--export", type=Path, metavar="DIR", help="write the course there as Markdown"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on standard output, nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["export"] and not options["approve"]:
            raise CommandError("--export needs --approve: before that there is no course to write.")
        if options["export"]:
            check_folder(options["export"])
        for problem in health.problems(
            (health.database, health.migrations, health.broker, health.models)
        ):
            raise CommandError(problem)
        summary = self.generate(options)
        if options["json"]:
            self.stdout.write(json.dumps(summary, indent=2))
        if summary["status"] in BROKEN:
            raise CommandError(f"The run ended {summary['status']}: {summary['reason']}")

    def generate(self, options: dict[str, Any]) -> dict[str, Any]:
        started = time.monotonic()
        roadmap = ask_for(options)
        with worker_running(), Display(silent=options["json"]) as display:
            follow(roadmap, display, until=(RoadmapStatus.AWAITING_REVIEW, *ENDED))
            reviewed = time.monotonic()
            if options["approve"] and roadmap.status == RoadmapStatus.AWAITING_REVIEW:
                decide_review(roadmap.reviews.pending().get(), "APPROVED", by=None)
                follow(roadmap, display, until=ENDED)
            ended = time.monotonic()
            exported = self.export(roadmap, options["export"])
            seconds = {
                "to_review": reviewed - started,
                "content": ended - reviewed,
                "total": ended - started,
            }
            summary = summarise(roadmap, seconds, exported)
            display.summarise(summary)
        return summary

    def export(self, roadmap: Roadmap, folder: Path | None) -> str | None:
        if folder is None or roadmap.status not in ENDED:
            return None
        return str(markdown.write_files(rows.load(roadmap), folder)[0].parent)


def check_folder(folder: Path) -> None:
    """Before an hour of work for it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as exc:
        message = f"--export {folder} can't be written ({exc.strerror}): choose another folder."
        raise CommandError(message) from exc


def ask_for(options: dict[str, Any]) -> Roadmap:
    owner, is_new = User.objects.get_or_create(username=OWNER)
    if is_new:
        owner.set_unusable_password()
        owner.save()
    names = {"level": "level", "hours": "hours_per_week", "weeks": "weeks", "language": "language"}
    preferences = {field: options[option] for option, field in names.items()}
    try:
        return request_roadmap(owner=owner, goal=options["goal"], **preferences)
    except ValidationError as exc:
        problems = [
            " ".join(messages) if field == NON_FIELD_ERRORS else f"{field}: {' '.join(messages)}"
            for field, messages in exc.message_dict.items()
        ]
        raise CommandError("\n".join(problems)) from exc


def follow(roadmap: Roadmap, display: Display, *, until: tuple[RoadmapStatus, ...]) -> None:
    """Wait for the roadmap; what a dead worker leaves goes on, beat or no beat."""
    recovered = time.monotonic()
    while roadmap.status not in (*until, *BROKEN):
        time.sleep(0.2)
        if time.monotonic() - recovered > RECOVER_EVERY_SECONDS:
            recovered = time.monotonic()
            recover()
        roadmap.refresh_from_db()
        display.show(roadmap)


@contextlib.contextmanager
def worker_running() -> Iterator[None]:
    """A worker of our own while none listens on the queues."""
    if queues.workers():
        yield
        return
    command = [sys.executable, sys.argv[0], "worker", "all"]
    process = child.start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def summarise(roadmap: Roadmap, seconds: dict[str, float], exported: str | None) -> dict[str, Any]:
    used = ModelCall.objects.filter(thread_id=roadmap.thread_id).aggregate(
        calls=Count("pk"), input=Sum("input_tokens"), output=Sum("output_tokens")
    )
    return {
        "roadmap_id": str(roadmap.pk),
        "thread_id": str(roadmap.thread_id),
        "status": roadmap.status,
        "reason": roadmap.status_reason,
        "title": roadmap.title,
        "stages": roadmap.stages.count(),
        "modules": Module.objects.filter(stage__roadmap=roadmap).count(),
        "concepts": roadmap.concepts.count(),
        "artifacts": counts(roadmap),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "model_calls": used["calls"],
        "input_tokens": used["input"] or 0,
        "output_tokens": used["output"] or 0,
        "made_without_model": roadmap.made_without_model,
        "export": exported,
    }
