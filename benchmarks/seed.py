"""python -m benchmarks.seed: a database full of made-up courses, to look at pages with many rows.

Nothing for an installation that people use: it asks for `--yes` where DEBUG is off, and it fills a
database once only.
"""

import argparse
import os
import sys
from collections.abc import Sequence

import django


def main(arguments: Sequence[str] | None = None) -> None:
    """Seed by the arguments of the command line. Exits with a sentence when it refuses."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from django.conf import settings

    from benchmarks import seeding

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reviews", type=int, default=100_000)
    parser.add_argument("--logs", type=int, default=1_000_000)
    parser.add_argument(
        "--yes", action="store_true", help="also without DEBUG: these rows are hard to take out"
    )
    options = parser.parse_args(arguments)

    if not (settings.DEBUG or options.yes):
        sys.exit("This fills the database with made-up rows; say --yes if that is what you want.")
    if min(options.reviews, options.logs) < 1:
        sys.exit("--reviews and --logs are counts from 1.")
    if seeding.is_seeded():
        sys.exit(
            "This database is seeded already; start with an empty one, such as another VAR_DIR."
        )

    for table, count in seeding.seed(reviews=options.reviews, logs=options.logs):
        print(f"{table}: {count:,}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
