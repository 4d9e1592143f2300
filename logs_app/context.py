"""Context of log lines: the ids of a request or task, carried by contextvars into threads."""

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from celery.signals import task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse

from logs_app.lines import ids

HEADER = "X-Request-ID"
ACCEPTED = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # from a proxy; anything else could forge lines
OF_REQUESTS = ("request_id", "roadmap_id")


class RequestContextMiddleware:
    """Middleware that gives each request an id, in the log and in the answer."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer_later(request, self.get_response(request))
        request_id = begin(request)
        response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response

    async def _answer_later(
        self, request: HttpRequest, coroutine: Awaitable[HttpResponse]
    ) -> HttpResponse:
        request_id = begin(request)  # before the coroutine of the response begins to run
        response = await coroutine
        response.headers[HEADER] = request_id
        return response

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, kwargs: dict[str, Any]
    ) -> None:
        if isinstance(kwargs.get("pk"), uuid.UUID):
            ids.set({**ids.get(), "roadmap_id": str(kwargs["pk"])})


def begin(request: HttpRequest) -> str:
    """Bind the request's id, and drop the ids of an earlier request of this thread."""
    request_id = request.headers.get(HEADER, "")
    if not ACCEPTED.fullmatch(request_id):
        request_id = uuid.uuid4().hex
    lasting = {key: value for key, value in ids.get().items() if key not in OF_REQUESTS}
    ids.set(lasting | {"request_id": request_id})
    return request_id


@task_prerun.connect
def bind_task(task_id: str, task: Any, args: Any, **_: Any) -> None:
    ids.set({"task_id": task_id, "task": task.name, **ids_of(task.name, task_id, args)})


@task_postrun.connect
def forget_task(**_: Any) -> None:
    ids.set({})


def ids_of(task: str, task_id: str, args: Any) -> dict[str, str]:
    """The ids of a run's task: its own is the run's, its argument a roadmap or a concept."""
    if task.startswith("maintenance.") or task == "batch_write_logs" or not args:
        return {}
    subject = "concept_id" if task.startswith("retry_") else "roadmap_id"
    return {"run_id": task_id, subject: str(args[0])}
