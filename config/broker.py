"""Redis as Celery's broker, where a full Redis is an outage and not the end of the worker."""

from kombu.transport import redis
from redis.exceptions import OutOfMemoryError


class Transport(redis.Transport):
    """kombu's transport, with refused writes among the errors that its consumer survives."""

    connection_errors = (*redis.Transport.connection_errors, OutOfMemoryError)
