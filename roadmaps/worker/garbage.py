"""Garbage collection in processes that live long.

Python would look through all that was imported again and again: a tenth of a worker's CPU, and in
the web a pause in every twentieth page or so.
"""

import gc

GARBAGE_AFTER = (
    20_000,
    20,
    50,
)  # of Python's (700, 10, 10): most of what is made is gone before it is looked at


def keep_what_is_here() -> None:
    """What there is now stays for as long as the process lives."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)
