"""Traces go where OTEL_EXPORTER_OTLP_ENDPOINT says, and cost nothing when it says nothing."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.conftest import ROOT

ASK = """
import config.asgi
from django.db import connection
ASKED = [("/healthz", "10.1.2.3"), ("/nowhere/", "localhost")]
from django.test import Client
connection.cursor().execute("SELECT 1")
answers = [Client().get(path, headers={"Host": host}).status_code for path, host in ASKED]
assert answers == [200, 404], answers
from opentelemetry import trace
trace.get_tracer_provider().shutdown()
"""
LOOK = """
import sys
import config.asgi
print(any(name.startswith("opentelemetry.instrumentation") for name in sys.modules))
"""


@pytest.fixture
def collector():
    """The spans that were sent, by their names."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sent = ExportTraceServiceRequest.FromString(
                self.rfile.read(int(self.headers["Content-Length"]))
            )
            for resource in sent.resource_spans:
                service = next(
                    one.value.string_value
                    for one in resource.resource.attributes
                    if one.key == "service.name"
                )
                spans.extend(
                    (service, span.name) for scope in resource.scope_spans for span in scope.spans
                )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    spans: list[tuple[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", spans
    server.shutdown()
    server.server_close()


def run(code, **environment):
    kept = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=kept, capture_output=True, text=True
    )


def test_requests_and_queries_of_the_web_are_traced(collector):
    address, spans = collector
    done = run(ASK, OTEL_EXPORTER_OTLP_ENDPOINT=address)
    assert done.returncode == 0, done.stderr
    assert {service for service, _ in spans} == {"cairn-web"}
    names = {name for _, name in spans}
    assert "SELECT" in names
    assert [name for _, name in spans if name.startswith("GET")] == ["GET"]  # and none of the probe


def test_without_an_address_nothing_is_instrumented():
    assert run(LOOK, OTEL_EXPORTER_OTLP_ENDPOINT="").stdout.strip() == "False"


def test_a_missing_package_is_named():
    hide = "import sys; sys.modules['opentelemetry'] = None\n"
    done = run(hide + LOOK, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert done.returncode == 1
    assert "install cairn[otel]" in done.stderr
