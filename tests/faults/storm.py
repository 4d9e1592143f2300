"""Runs from goal to READY while their workers are killed; what was promised is counted, not believed."""

import random
import statistics
import time
from dataclasses import dataclass, field

from content.models import counts
from roadmaps.models import Review, Roadmap, RoadmapStatus
from roadmaps.recovery import recover
from roadmaps.services import decide_review
from roadmaps.workflow import plans
from tests import courses

RECOVER_EVERY_SECONDS = 1.0
JOURNALED_WITHIN_SECONDS = 1.0  # an answer is in the journal this soon after the model gave it


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
            ("recovery p50 / p95 / max", " / ".join(f"{self.percentile(share):.1f} s" for share in (50, 95, 100))),
        ]
        return "\n".join(["| what | result |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])

    def percentile(self, share):
        known = sorted(self.recovery_seconds) or [0.0]
        if share == 100 or len(known) == 1:
            return known[-1]
        return statistics.quantiles(known, n=100, method="inclusive")[share - 1]


class Storm:
    """`start_worker()` gives a worker whose model key is the one passed; `until` kills it kills, then all must end."""

    def __init__(self, start_worker, model_server, *, workers=2, seed=7):
        self.start_worker, self.models = start_worker, model_server
        self.random = random.Random(seed)
        self.report = Report()
        self.workers = {}
        self.interrupted = {}
        self.recovered_at = 0.0
        for _ in range(workers):
            self.hire()

    def hire(self):
        key = f"worker-{self.random.getrandbits(48)}"
        self.workers[key] = self.start_worker(LLM_API_KEY=key)

    def run(self, owner, *, runs, kills, deadline_seconds):
        self.report.runs = runs
        roadmaps = [courses.requested(owner, goal=f"Learn to bake bread number {number}") for number in range(runs)]
        deadline = time.monotonic() + deadline_seconds
        while not self.all_ended(roadmaps) and time.monotonic() < deadline:
            self.tend()
            if self.report.kills < kills and self.is_worth_a_kill():
                self.kill()
        self.count(roadmaps)
        return self.report

    def all_ended(self, roadmaps):
        return not Roadmap.objects.exclude(status=RoadmapStatus.READY).filter(pk__in=[r.pk for r in roadmaps]).exists()

    def tend(self):
        """What beat and a reviewer do."""
        time.sleep(0.1)
        for review in Review.objects.pending():
            decide_review(review, "APPROVED", by=None)
        if time.monotonic() - self.recovered_at > RECOVER_EVERY_SECONDS:
            self.recovered_at = time.monotonic()
            recover()
        self.note_recoveries()

    def is_worth_a_kill(self):
        return self.models.at_once > 0 and self.random.random() < 0.2

    def kill(self):
        key = self.random.choice(list(self.workers))
        worker = self.workers.pop(key)
        driven = list(Roadmap.objects.moving().filter(attempts__gt=0).values_list("pk", "run_id", "attempts"))
        worker.kill()
        self.report.kills += 1
        self.report.in_flight += self.models.open_calls(key, JOURNALED_WITHIN_SECONDS)
        now = time.monotonic()
        for pk, run_id, attempts in driven:
            self.interrupted.setdefault(pk, (run_id, attempts, now))
        self.hire()

    def note_recoveries(self):
        """A run that was claimed again had lost its worker; one that ended had not."""
        for pk, (run_id, attempts, killed_at) in list(self.interrupted.items()):
            roadmap = Roadmap.objects.get(pk=pk)
            same_run = roadmap.run_id == run_id and roadmap.status in (RoadmapStatus.RUNNING, RoadmapStatus.GENERATING)
            if same_run and roadmap.attempts > attempts:
                self.report.recovery_seconds.append(time.monotonic() - killed_at)
            if not same_run or roadmap.attempts > attempts:
                del self.interrupted[pk]

    def count(self, roadmaps):
        self.report.repeated = self.models.repeated()
        for roadmap in roadmaps:
            roadmap.refresh_from_db()
            self.report.lost += roadmap.status != RoadmapStatus.READY
            self.report.duplicated += roadmap.status == RoadmapStatus.READY and not made_once(roadmap)


def made_once(roadmap):
    planned = len(list(plans.concepts(roadmap.drafts.get().plan))) if roadmap.drafts.count() == 1 else -1
    found = counts(roadmap)
    return (
        roadmap.reviews.count() == 1
        and roadmap.concepts.count() == planned
        and found["READY"] == found["TOTAL"] == 3 * planned
    )
