"""Garbage collection in processes that live long.

Python would look through all that was imported again and again: a tenth of a worker's CPU, and in
the web a pause in every twentieth page or so.
"""

import gc

# Instead of Python's (700, 10, 10): most objects are freed before they would be looked at.
GARBAGE_AFTER = (20_000, 20, 50)


def keep_what_is_here() -> None:
    """Objects that there are now stay for as long as the process lives."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)
