"""Queue `logs`: no model call ever runs here."""

import time

from celery import shared_task

from logs_app import stream

# what comes within this time goes in one batch; pages read the stream too, so nobody waits for it
GATHER_SECONDS = 0.3


@shared_task(name="batch_write_logs", ignore_result=True)
def batch_write_logs() -> int:
    """Write the events that wait in Redis; harmless twice, and several at once share the work."""
    time.sleep(GATHER_SECONDS)
    return stream.drain()
