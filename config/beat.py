"""Celery's beat, which a signal ends between two of its steps."""

import signal
from types import FrameType
from typing import Any

from celery.apps import beat


class Beat(beat.Beat):
    def install_sync_handler(self, service: Any) -> None:
        """Handlers of TERM and Ctrl-C, which end the service between two steps, or its sleep.

        Celery's own handler writes to the database from within the signal. When that interrupts a
        query, as while the schedule is read, the process waits for itself for ever.
        """

        def stop(_number: int, frame: FrameType | None) -> None:
            service.stop()
            if frame is not None and frame.f_code is type(service).start.__code__:
                raise SystemExit(0)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
