"""What a log line is about: the ids of its request or task, carried by contextvars into threads
and the loop.
"""

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from celery.signals import task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse

from logs_app.lines import ids

HEADER = "X-Request-ID"
ACCEPTED = re.compile(
    r"[A-Za-z0-9_.-]{1,64}"
)  # from a proxy in front; anything else could forge lines
OF_REQUESTS = ("request_id", "roadmap_id")


class RequestContextMiddleware:
    """Gives each request an id, in the log and in the answer."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._later(request, self.get_response(request))
        name = begin(request)
        return _named(self.get_response(request), name)

    async def _later(self, request: HttpRequest, response: Awaitable[HttpResponse]) -> HttpResponse:
        name = begin(request)  # before the coroutine of the response begins to run
        return _named(await response, name)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, kwargs: dict[str, Any]
    ) -> None:
        if isinstance(kwargs.get("pk"), uuid.UUID):
            ids.set({**ids.get(), "roadmap_id": str(kwargs["pk"])})


def begin(request: HttpRequest) -> str:
    """Bind the request's id; whatever an earlier request of this thread has left goes."""
    given = request.headers.get(HEADER, "")
    name = given if ACCEPTED.fullmatch(given) else uuid.uuid4().hex
    ids.set(
        {key: value for key, value in ids.get().items() if key not in OF_REQUESTS}
        | {"request_id": name}
    )
    return name


def _named(response: HttpResponse, name: str) -> HttpResponse:
    response.headers[HEADER] = name
    return response


@task_prerun.connect
def bind_task(task_id: str, task: Any, args: Any, **_: Any) -> None:
    ids.set({"task_id": task_id, "task": task.name, **ids_of(task.name, task_id, args)})


@task_postrun.connect
def forget_task(**_: Any) -> None:
    ids.set({})


def ids_of(task: str, task_id: str, args: Any) -> dict[str, str]:
    """A run's task id is its run id, and its only argument the roadmap or the concept that it is
    about.
    """
    if task.startswith("maintenance.") or task == "batch_write_logs" or not args:
        return {}
    subject = "concept_id" if task.startswith("retry_") else "roadmap_id"
    return {"run_id": task_id, subject: str(args[0])}
