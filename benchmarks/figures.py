"""Figures of benchmarks beside their targets, as a table and as JSON."""

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
    """A measured value and its target, both in `unit`.

    `baseline` names the value of the same run that it is compared with.
    """

    what: str
    reached: float
    target: float
    unit: str
    baseline: str = ""
    more_is_better: bool = False

    @property
    def met(self) -> bool:
        if self.more_is_better:
            return self.reached >= self.target
        return self.reached <= self.target

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
    values = [asdict(figure) | {"met": figure.met} for figure in figures]
    result = {"cores": os.cpu_count(), "figures": values}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False))
    table = Table("what", "reached", "target", "met", "beside", title=name)
    for figure in figures:
        table.add_row(*figure.cells())
    Console(width=150).print(table)
    return list(figures)
