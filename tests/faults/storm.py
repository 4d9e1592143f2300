"""Runs from goal to READY while their workers are killed; what was promised is counted, not
believed.
"""

import random
import statistics
import threading
import time
from dataclasses import dataclass, field

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel

from content.artifacts.kinds import KINDS, counts
from roadmaps.llm import journal
from roadmaps.models import Lease, ModelCall, Review, Roadmap, RoadmapStatus
from roadmaps.plan import schemas, shape
from roadmaps.services import decide_review
from tests import courses

MESSAGES = {"system": SystemMessage, "user": HumanMessage}
ASKED_FOR: tuple[type[BaseModel], ...] = (
    schemas.Intent,
    schemas.Curriculum,
    schemas.Critique,
    schemas.Edit,
)
SCHEMA = {
    schema.__name__: schema for schema in (*ASKED_FOR, *(kind.schema for kind in KINDS.values()))
}


@dataclass
class Report:
    runs: int = 0
    kills: int = 0
    lost: int = 0
    duplicated: int = 0
    repeated: int = 0
    in_flight: int = 0  # the most that may be repeated: what the kills interrupted
    recovery_seconds: list[float] = field(default_factory=list)

    def table(self):
        rows = [
            ("faults injected (kill -9)", self.kills),
            ("runs", self.runs),
            ("lost", self.lost),
            ("duplicated", self.duplicated),
            ("model calls repeated", f"{self.repeated} (in flight at the kills: {self.in_flight})"),
            (
                "recovery p50 / p95 / max",
                " / ".join(f"{self.percentile(share):.1f} s" for share in (50, 95, 100)),
            ),
        ]
        return "\n".join(
            ["| what | result |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
        )

    def percentile(self, share):
        known = sorted(self.recovery_seconds) or [0.0]
        if share == 100 or len(known) == 1:
            return known[-1]
        return statistics.quantiles(known, n=100, method="inclusive")[share - 1]


@dataclass
class Interrupted:
    """A run that was driven when a worker was killed, maybe by that one."""

    run_id: object
    attempts: int
    token: object
    expires_at: object
    killed_at: float


class Storm:
    """`start_worker()` gives a worker whose model key is the one passed; `until` kills it kills,
    then all must end.

    Somebody else runs beat: recovery is the product's own.
    """

    def __init__(self, start_worker, model_server, *, workers=3, seed=7):
        self.start_worker, self.models = start_worker, model_server
        self.random = random.Random(seed)
        self.report = Report()
        self.workers = {}
        self.interrupted = {}
        self.answered = {}  # what the journal knew when a worker was killed, by its key
        self.hiring = []
        for _ in range(workers):
            self.hire()

    def hire(self):
        key = f"worker-{self.random.getrandbits(48)}"
        self.workers[key] = self.start_worker(LLM_API_KEY=key)

    def run(self, owner, *, runs, kills, deadline_seconds, busy_with=0):
        """While kills are to come, `busy_with` runs move: on a busy machine runs end faster than
        workers start.
        """
        roadmaps = [
            courses.requested(owner, goal=f"Learn to bake bread number {number}")
            for number in range(runs)
        ]
        deadline = time.monotonic() + deadline_seconds
        while not self.all_ended(roadmaps) and time.monotonic() < deadline:
            self.tend()
            if self.report.kills < kills and Roadmap.objects.moving().count() < busy_with:
                roadmaps.append(
                    courses.requested(owner, goal=f"Learn to bake bread number {len(roadmaps)}")
                )
            if self.report.kills < kills and self.is_worth_a_kill():
                self.kill()
        for thread in self.hiring:
            thread.join()
        self.report.runs = len(roadmaps)
        self.count(roadmaps)
        return self.report

    def all_ended(self, roadmaps):
        return (
            not Roadmap.objects.exclude(status=RoadmapStatus.READY)
            .filter(pk__in=[r.pk for r in roadmaps])
            .exists()
        )

    def tend(self):
        """What a reviewer does."""
        time.sleep(0.1)
        for review in Review.objects.pending():
            decide_review(review, "APPROVED", by=None)
        self.note_recoveries()

    def is_worth_a_kill(self):
        """Somebody else is there to go on, and a model is asked."""
        return len(self.workers) > 1 and self.models.at_once > 0 and self.random.random() < 0.2

    def kill(self):
        key = self.random.choice(list(self.workers))
        self.workers.pop(key).kill()
        killed_at = time.monotonic()
        self.report.kills += 1
        self.answered[key] = answered()
        leases = {lease.subject: lease for lease in Lease.objects.all()}
        for roadmap in Roadmap.objects.moving().filter(pk__in=leases):
            lease = leases[roadmap.pk]
            self.interrupted[roadmap.pk] = self.interrupted.get(roadmap.pk) or Interrupted(
                roadmap.run_id, roadmap.attempts, lease.token, lease.expires_at, killed_at
            )
        self.hiring.append(threading.Thread(target=self.hire))
        self.hiring[-1].start()

    def asked_by(self, key):
        """The questions of a worker, as the journal knows them."""
        return {
            question_of(call)
            for call in list(self.models.calls)
            if call["authorization"] == f"Bearer {key}"
        }

    def note_recoveries(self):
        """Claimed again: its worker was the one. Renewed, ended or given a new run: it was not."""
        for pk, known in list(self.interrupted.items()):
            roadmap = Roadmap.objects.get(pk=pk)
            same_run = roadmap.run_id == known.run_id
            if same_run and roadmap.attempts > known.attempts:
                self.report.recovery_seconds.append(time.monotonic() - known.killed_at)
            renewed = Lease.objects.filter(
                token=known.token, expires_at__gt=known.expires_at
            ).exists()
            moves = roadmap.status in (RoadmapStatus.RUNNING, RoadmapStatus.GENERATING)
            if renewed or not same_run or not moves or roadmap.attempts > known.attempts:
                del self.interrupted[pk]

    def count(self, roadmaps):
        self.report.repeated = self.models.repeated()
        # Only now: what a dying worker had sent may have been read after its end.
        self.report.in_flight = sum(
            len(self.asked_by(key) - known) for key, known in self.answered.items()
        )
        assert answered() <= {question_of(call) for call in list(self.models.calls)}
        for roadmap in roadmaps:
            roadmap.refresh_from_db()
            self.report.lost += roadmap.status != RoadmapStatus.READY
            self.report.duplicated += roadmap.status == RoadmapStatus.READY and not made_once(
                roadmap
            )


def answered():
    """The questions whose answers are in the journal."""
    return set(ModelCall.objects.values_list("input_hash", flat=True))


def question_of(call):
    said = [MESSAGES[one["role"]](one["content"]) for one in call["messages"]]
    return journal.input_hash(f"openai:{call['model']}", said, SCHEMA[call["schema"]])


def made_once(roadmap):
    planned = (
        len(list(shape.concepts(roadmap.drafts.get().plan))) if roadmap.drafts.count() == 1 else -1
    )
    found = counts(roadmap)
    return (
        roadmap.reviews.count() == 1
        and roadmap.concepts.count() == planned
        and found["READY"] == found["TOTAL"] == 3 * planned
    )
