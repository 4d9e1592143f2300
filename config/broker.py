"""Redis as Celery's broker: when it is full, that is an outage to wait for and not the end of the
worker.
"""

from kombu.transport import redis
from redis.exceptions import OutOfMemoryError


class Transport(redis.Transport):
    """kombu counts a refused write among a channel's errors, which its consumer doesn't survive."""

    connection_errors = (*redis.Transport.connection_errors, OutOfMemoryError)
