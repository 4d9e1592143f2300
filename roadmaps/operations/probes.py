"""Probes of a web process for other programs: alive, ready, and its metrics."""

import hmac
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import redis
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST
from redis.backoff import NoBackoff
from redis.retry import Retry

from logs_app import redis_clients
from roadmaps.engine import loop
from roadmaps.operations import health, patience
from roadmaps.operations.metrics import exposition

logger = logging.getLogger(__name__)
OF_PROXIES = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")
READY_SECONDS = 1.5  # a load balancer that asks gets its answer within 2


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 whatever else is away: restarting this process would not bring that back."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when PostgreSQL and Redis answer and every migration is applied; else 503 and what is
    missing.

    The answer comes within READY_SECONDS, also when a service accepts connections and says nothing.
    """
    answers = {question: question.ask() for question in READINESS}
    wait(answers.values(), timeout=READY_SECONDS)
    missing = [question.missing(answer) for question, answer in answers.items()]
    if any(missing):
        return JsonResponse(
            {"status": "not ready", "missing": [*filter(None, missing)]}, status=503
        )
    return JsonResponse({"status": "ready"})


class Question:
    """A question to a service, asked in a thread of its own and never twice at the same time.

    A service that hangs therefore holds one thread, however often a load balancer probes.
    """

    def __init__(self, service: str, find_missing: Callable[[], str]) -> None:
        self.service = service
        self._find_missing = find_missing
        self._lock = threading.Lock()
        self._answer: Future[str] | None = None

    def ask(self) -> "Future[str]":
        with self._lock:
            if self._answer is None or self._answer.done():
                self._answer = Future()
                arguments = (self._answer,)
                thread = threading.Thread(
                    target=self._run, args=arguments, name="cairn-ready", daemon=True
                )
                thread.start()
            return self._answer

    def missing(self, answer: "Future[str]") -> str:
        """The name of what is missing, empty for nothing."""
        if answer.done():
            return answer.result()
        logger.warning("not ready: the %s did not answer within %s s", self.service, READY_SECONDS)
        return self.service

    def _run(self, answer: "Future[str]") -> None:
        patience.seconds.set(READY_SECONDS)
        missing = self.service  # what an error leaves that nobody foresaw
        try:
            missing = self._find_missing()
        finally:
            answer.set_result(missing)
            loop.give_back_connection()


def missing_in_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        all_applied()
    except MigrationsWait:
        return "migrations"
    except Error as exc:
        logger.warning("not ready: PostgreSQL does not answer: %s", exc)
        return "database"
    return ""


class MigrationsWait(Exception):
    pass


@cache
def all_applied() -> bool:
    """True once every migration is applied, which stays so while this process lives.

    Raises MigrationsWait, which is not kept.
    """
    if health.migrations()[0].state != health.OK:
        raise MigrationsWait
    return True


def missing_broker() -> str:
    once = Retry(NoBackoff(), 0)
    try:
        with redis_clients.client(timeout=READY_SECONDS, retry=once) as client:
            client.ping()
    except redis.RedisError as exc:
        logger.warning("not ready: Redis does not answer: %s", exc)
        return "broker"
    return ""


READINESS = (Question("database", missing_in_database), Question("broker", missing_broker))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus; without the token or the address nobody learns anything, not even that it
    exists.
    """
    if not (_has_token(request) or _is_near(request)):
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    if not settings.METRICS_TOKEN:
        return False
    authorization = request.headers.get("Authorization", "").encode()
    return hmac.compare_digest(authorization, f"Bearer {settings.METRICS_TOKEN}".encode())


def _is_near(request: HttpRequest) -> bool:
    address = peer(request)
    return address is not None and any(address in network for network in settings.METRICS_ALLOW)


def peer(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The address of who sent the request to us; None where a proxy did.

    The address that a proxy names may be forged, and a Unix socket has none.
    """
    if any(name in request.headers for name in OF_PROXIES):
        return None
    try:
        return ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
}


class ProbesMiddleware:
    """Answers probes before anything else looks at them.

    They come by the address of a container or over plain HTTP, which ALLOWED_HOSTS and the
    redirect would refuse.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info not in PROBES:
            return self.get_response(request)
        if iscoroutinefunction(self):
            return answer_async(request)
        return answer(request)


async def answer_async(request: HttpRequest) -> HttpResponse:
    if request.path_info == "/healthz":
        # On the loop: threads may all be waiting for a service that hangs.
        return healthz(request)
    # In a thread of its own: a slow page must not make the process look dead.
    return await sync_to_async(answer, thread_sensitive=False)(request)


def answer(request: HttpRequest) -> HttpResponse:
    try:
        return PROBES[request.path_info](request)
    except Http404:
        return HttpResponse("Not found.", status=404, content_type="text/plain")
    finally:
        loop.give_back_connection()  # nobody else closes it in this thread
