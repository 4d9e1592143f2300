"""Task of the execution log on the queue `logs`, where no model call ever runs."""

import time

from celery import shared_task

from logs_app import stream

# Events within this time go in one batch. Pages read the stream too, so nobody waits for it.
GATHER_SECONDS = 0.3


@shared_task(name="batch_write_logs", ignore_result=True)
def batch_write_logs() -> int:
    """Write the events that wait in Redis; harmless twice, and several at once share the work."""
    time.sleep(GATHER_SECONDS)
    return stream.drain()
