"""Settings of Celery: queues of tasks, workers, and beat's schedule."""

from datetime import UTC, datetime
from typing import Any

from config import env
from config.settings.application import TIME_ZONE
from config.settings.services import REDIS_URL

CELERY_BROKER_URL = REDIS_URL
if REDIS_URL.startswith("unix://"):
    CELERY_BROKER_URL = f"redis+socket://{REDIS_URL[7:]}"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Far above the longest run: a killed worker's work comes back through its lease, not through Redis.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 7 * 24 * 3600,
    "queue_order_strategy": "round_robin",
}
CELERY_TASK_DEFAULT_QUEUE = "roadmap_workflow"
CELERY_TASK_ROUTES = {
    "roadmap_generation.*": {"queue": "roadmap_workflow"},
    "workflow_resume.*": {"queue": "roadmap_workflow"},
    "generate_roadmap_content": {"queue": "content_generation"},
    "retry_*_task": {"queue": "content_generation"},
    "exports.*": {"queue": "content_generation"},
    "drawing.*": {"queue": "content_generation"},
    "batch_write_logs": {"queue": "logs"},
    "maintenance.*": {"queue": "logs"},
}
QUEUES = ("roadmap_workflow", "content_generation", "logs")
# A worker without --queues listens on all of them. Exchange and key are those that Celery gives to
# queues that no setting names, so workers of the release before find the same ones in Redis.
CELERY_TASK_QUEUES = {queue: {"exchange": queue, "routing_key": queue} for queue in QUEUES}
# Acknowledged when it begins: leases recover what dies later, and a worker that holds
# unacknowledged messages when Redis goes away doesn't come back (kombu restores them over the
# connection that it has just lost).
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2}
CELERY_TASK_IGNORE_RESULT = False
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
CELERY_RESULT_EXPIRES = 7 * 24 * 3600  # seconds
WORKER_POOL = env.choice("WORKER_POOL", "threads", ("threads", "prefork", "solo"))
WORKER_CONCURRENCY = env.integer_or_none("WORKER_CONCURRENCY", least=1, most=5000)  # or by the pool
WORKER_MAX_TASKS = env.integer("WORKER_MAX_TASKS", 0, least=0)  # then it is replaced; 0: never
WORKER_MAX_MEMORY_MB = env.integer("WORKER_MAX_MEMORY_MB", 0, least=0)  # likewise, resident memory
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# The time that tasks have to end by themselves after a TERM.
STOP_SECONDS = env.integer("STOP_SECONDS", 20, least=0)
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
RECOVER_EVERY_SECONDS = env.integer("RECOVER_EVERY_SECONDS", 2)
DRAW_EVERY_SECONDS = 30  # between two looks for texts that aren't drawn; one portion's as well
HEARTBEAT_OF_QUEUES_SECONDS = 10  # between two tasks that prove that a queue's messages are taken
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # Expiring: while no worker listens they must not pile up.
    **{
        f"heartbeat of {queue}": {
            "task": "maintenance.heartbeat",
            "schedule": HEARTBEAT_OF_QUEUES_SECONDS,
            "args": [queue],
            "options": {"queue": queue, "expire_seconds": 60},
        }
        for queue in QUEUES
    },
    "recover": {
        "task": "maintenance.recover",
        "schedule": RECOVER_EVERY_SECONDS,
        "options": {"expire_seconds": 60},
    },
    "write left-over logs": {
        "task": "batch_write_logs",
        "schedule": 10,
        "options": {"expire_seconds": 60},
    },
    "remind reviewers": {
        "task": "maintenance.remind_reviewers",
        "schedule": 60,
        "options": {"expire_seconds": 60},
    },
    "send notices": {
        "task": "maintenance.send_notices",
        "schedule": 60,
        "options": {"expire_seconds": 60},
    },
    "sum up usage": {
        "task": "maintenance.sum_up_usage",
        "schedule": 900,
        "options": {"expire_seconds": 900},
    },
    "draw left-over texts": {
        "task": "drawing.draw_left_over",
        "schedule": DRAW_EVERY_SECONDS,
        "options": {"expire_seconds": DRAW_EVERY_SECONDS},
    },
    "prune": {"task": "maintenance.prune", "schedule": 3600},
    "encrypt second factors": {
        "task": "maintenance.encrypt_second_factors",
        "schedule": 3600,
        "options": {"expire_seconds": 3600},
    },
    "check links": {
        "task": "maintenance.check_links",
        "schedule": 3600,
        "options": {"expire_seconds": 3600},
    },
}
for _schedule in CELERY_BEAT_SCHEDULE.values():
    # A task that has never run is due at once: without a beginning it would be due an hour after
    # each start of beat, which never comes on a machine that is on for less.
    _schedule["start_time"] = datetime(2000, 1, 1, tzinfo=UTC)

# The configuration of the Celery application, under Celery's own names, by which its reports
# know what to hide.
CELERY = {}
for _name, _value in dict(globals()).items():
    if _name.startswith("CELERY_"):
        CELERY[_name.removeprefix("CELERY_").lower()] = _value
