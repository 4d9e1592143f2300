"""All benchmarks: `python -m benchmarks` runs each in a process of its own, and shows one table."""

import json
import subprocess
import sys

from benchmarks.figures import RESULTS, Figure, report

PARTS = ("review", "content", "live", "growth", "logs")


def main() -> int:
    for part in PARTS:
        command = [sys.executable, "-m", f"benchmarks.{part}"]
        subprocess.run(command, check=True)  # noqa: S603 - our own modules

    figures: list[Figure] = []
    for part in PARTS:
        for values in json.loads((RESULTS / f"{part}.json").read_text())["figures"]:
            del values["met"]
            figures.append(Figure(**values))
    report("all", figures)
    return int(not all(figure.met for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
