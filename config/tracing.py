"""Tracing by OpenTelemetry, imported only where OTEL_EXPORTER_OTLP_ENDPOINT is set."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def start(process: str) -> None:
    """Trace this process: requests, tasks and queries.

    Called after any fork: its sender is a thread.
    """
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as exc:
        message = (
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but its packages are missing: install cairn[otel]"
        )
        raise ImproperlyConfigured(message) from exc
    provider = TracerProvider(resource=Resource.create({"service.name": f"cairn-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)

    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor

    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    PsycopgInstrumentor().instrument()
    if process == "web":
        # Behind the probes: it would refuse requests by address before it finds that it need not
        # look at them.
        DjangoInstrumentor().instrument(middleware_position=1)
