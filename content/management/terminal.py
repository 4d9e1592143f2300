"""Progress of one roadmap in the terminal."""

from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from content.artifacts.kinds import counts
from logs_app.models import ExecutionLog
from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import Roadmap, RoadmapStatus

BEFORE_CONTENT = (RoadmapStatus.QUEUED, RoadmapStatus.RUNNING, RoadmapStatus.AWAITING_REVIEW)


class Display:
    """Events as they happen above one bar; nothing when `silent`."""

    def __init__(self, *, silent: bool) -> None:
        self.console = Console(quiet=silent)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self.progress = Progress(SpinnerColumn(), *columns, console=self.console)
        self.task = self.progress.add_task("Queued", total=None)
        self.seen = 0

    def __enter__(self) -> "Display":
        self.progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.progress.stop()

    def show(self, roadmap: Roadmap) -> None:
        events = ExecutionLog.objects.filter(
            roadmap_id=roadmap.pk, sequence__gt=self.seen
        ).order_by("sequence")
        for event in events:
            self.seen = event.sequence
            if event.event != "artifact_ready":
                self.progress.console.print(f"[dim]{event.occurred_at:%H:%M:%S}[/] ", end="")
                self.progress.console.print(event.message, markup=False, highlight=False)
        counted: dict[str, Any] = {}
        if roadmap.status not in BEFORE_CONTENT:
            artifacts = counts(roadmap)
            counted = {"completed": artifacts["READY"], "total": artifacts["TOTAL"] or None}
        self.progress.update(self.task, description=roadmap.get_status_display(), **counted)

    def summarise(self, summary: dict[str, Any]) -> None:
        self.progress.stop()
        table = Table(show_header=False, title=summary["title"])
        for name, value in lines_of(summary):
            table.add_row(name, value)
        self.console.print(table)
        if summary["made_without_model"]:
            self.console.print(
                f"Made without a model. To connect one: {CONNECT_A_MODEL}", markup=False
            )


def lines_of(summary: dict[str, Any]) -> list[tuple[str, str]]:
    seconds, artifacts = summary["seconds"], summary["artifacts"]
    parts = f"{summary['stages']} stages, {summary['modules']} modules"
    tokens = f"{summary['input_tokens']} + {summary['output_tokens']} tokens"
    until = f"{seconds['to_review']} to review, {seconds['content']} for content"
    lines = [
        ("state", summary["status"]),
        ("plan", f"{parts}, {summary['concepts']} concepts"),
        ("content", f"{artifacts['READY']} of {artifacts['TOTAL']} artifacts"),
        ("seconds", f"{until}, {seconds['total']} in all"),
        ("model", f"{summary['model_calls']} calls, {tokens}"),
    ]
    if summary["export"]:
        lines.append(("course", summary["export"]))
    if summary["status"] == RoadmapStatus.AWAITING_REVIEW:
        lines.append(("next", "review it in the admin (make run), or run with --approve"))
    return lines
