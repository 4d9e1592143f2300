"""What was measured beside what was wanted, as a table and as JSON."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.lab import ROOT

RESULTS = ROOT / "out" / "bench"


@dataclass(frozen=True)
class Figure:
    """`reached` and `target` in `unit`; `baseline` says in words what it was compared with in the
    same run.
    """

    what: str
    reached: float
    target: float
    unit: str
    baseline: str = ""
    more_is_better: bool = False

    @property
    def met(self) -> bool:
        return self.reached >= self.target if self.more_is_better else self.reached <= self.target

    def cells(self) -> list[str]:
        bound = "≥" if self.more_is_better else "≤"
        return [
            self.what,
            f"{self.reached:,.2f} {self.unit}",
            f"{bound} {self.target:,g} {self.unit}",
            "yes" if self.met else "no",
            self.baseline,
        ]


def report(name: str, figures: Sequence[Figure]) -> list[Figure]:
    """Print one table and write `out/bench/<name>.json`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    written = {
        "cores": os.cpu_count(),
        "figures": [asdict(one) | {"met": one.met} for one in figures],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(written, indent=2, ensure_ascii=False))
    table = Table("what", "reached", "target", "met", "beside", title=name)
    for one in figures:
        table.add_row(*one.cells())
    Console(width=150).print(table)
    return list(figures)
