"""python -m benchmarks: all of them, each in a process of its own, and at the end one table of
every figure.
"""

import json
import subprocess
import sys

from benchmarks.figures import RESULTS, Figure, report

PARTS = ("review", "content", "live", "growth", "logs")


def main() -> int:
    for part in PARTS:
        subprocess.run([sys.executable, "-m", f"benchmarks.{part}"], check=True)  # noqa: S603 - our own modules
    figures = report("all", [one for part in PARTS for one in _written(part)])
    return 0 if all(one.met for one in figures) else 1


def _written(part: str) -> list[Figure]:
    told = json.loads((RESULTS / f"{part}.json").read_text())["figures"]
    return [Figure(**{name: value for name, value in one.items() if name != "met"}) for one in told]


if __name__ == "__main__":
    sys.exit(main())
