"""A model server that speaks the OpenAI protocol over real HTTP and misbehaves on request."""

import argparse
import gzip
import json
import select
import socket
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from roadmaps.llm.author.chat_model import answer

Json = dict[str, Any]
PACKED_BYTES = 100_000_000
STATUS_FAULTS = {"400": 400, "401": 401, "404": 404, "429": 429, "500": 500, "503": 503}
ROLES = {
    "Intent": "intent",
    "Curriculum": "curriculum",
    "Critique": "validation",
    "Edit": "edit",
    "TutorialAnswer": "tutorial",
    "ResourcesAnswer": "resources",
    "QuizAnswer": "quiz",
}


class ModelServer:
    """`with ModelServer() as server:` answers at `server.url` what the built-in author would.

    `faults` maps a schema name, or "*", to a list of faults that is used up call by call (None:
    answer well), or to a function of the call that names its fault: 400 401 404 429 500 503 hang
    drop truncated fenced thinking refused filtered wrong_schema not_json empty null_byte html
    deep endless packed. `texts` maps a schema name to a function of the call that gives the text of its
    answer, or None for the usual one.
    """

    def __init__(self, *, port: int = 0, latency: float = 0.0) -> None:
        self.latency = latency  # seconds before each answer
        self.retry_after: str | None = None  # the header of a 429 or 503
        self.faults: dict[str, Any] = {}
        self.texts: dict[str, Any] = {}
        self.bytes_sent = 0  # of endless answers
        self.calls: list[Json] = []
        self.at_once = self.most_at_once = 0
        self.hanging = threading.Semaphore(0)  # released by every call that begins to hang
        self.abandoned = threading.Semaphore(0)  # released when its client goes away
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.models = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> "ModelServer":
        threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="model-server", daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()

    def count(self, schema_name: str | None = None) -> int:
        with self._lock:
            return sum(schema_name in (None, call["schema"]) for call in self.calls)

    def note(self, call: Json) -> str | None:
        """Record the call; returns the fault that it meets."""
        with self._lock:
            self.calls.append(call)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            fault = call["fault"] = self._next_fault(call)
            return fault

    def _next_fault(self, call: Json) -> str | None:
        for name in (call["schema"], "*"):
            faults = self.faults.get(name)
            found: str | None = (
                faults(call) if callable(faults) else (faults.pop(0) if faults else None)
            )
            if found:
                return found
        return None

    def end(self, call: Json) -> None:
        with self._lock:
            if "ended" not in call:
                self.at_once -= 1
                call["ended"] = time.monotonic()

    def repeated(self) -> int:
        """Calls that asked again what had been asked before."""
        with self._lock:
            asked = {
                json.dumps([call["schema"], call["messages"]], sort_keys=True)
                for call in self.calls
            }
            return len(self.calls) - len(asked)


class _Http(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True
    block_on_close = False
    models: ModelServer

    def __init__(self, *args: Any) -> None:
        self.open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a fault of the tests' own."""
        if not self.models.stopping.is_set():
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End the connections that clients keep alive."""
        for request in list(self.open):
            try:
                request.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    call: Json | None = None
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, *_: Any) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_GET(self) -> None:
        self._send(
            200,
            {
                "object": "list",
                "data": [{"id": "test-model", "object": "model", "owned_by": "tests"}],
            },
        )

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.path.endswith("/chat/completions"):
            self._send_error(404)
            return
        self.call = call = _read_call(body) | {
            "authorization": self.headers.get("Authorization", "")
        }
        fault = self.server.models.note(call)
        try:
            self.server.models.stopping.wait(self.server.models.latency)
            self._answer(call, fault)
        finally:
            self.server.models.end(call)

    def _answer(self, call: Json, fault: str | None) -> None:
        if fault in ("hang", "drop"):
            self._hang_or_drop(fault)
        elif fault in STATUS_FAULTS:
            self._send_error(STATUS_FAULTS[fault])
        elif fault == "html":
            self._write(200, b"<html><body>It works!</body></html>", "text/html")
        elif fault == "deep":
            self._write(200, b"[" * 100_000, "application/json")
        elif fault == "endless":
            self._write_without_end()
        elif fault == "packed":
            self._write(200, packed(), "application/json", "gzip")
        else:
            text = self.server.models.texts.get(call["schema"], lambda _call: None)(call)
            self._send(200, _completion(call, fault, text))

    def _write_without_end(self) -> None:
        """Write spaces for as long as anybody reads them."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        while not self.server.models.stopping.is_set():
            self.wfile.write(b" " * 65536)
            self.server.models.bytes_sent += 65536

    def _hang_or_drop(self, fault: str) -> None:
        if fault == "hang":
            self._hang()
        self.close_connection = True

    def _hang(self) -> None:
        models = self.server.models
        models.hanging.release()
        while not models.stopping.wait(0.02):
            if select.select([self.connection], [], [], 0)[
                0
            ]:  # readable without a request: the client hung up
                models.abandoned.release()
                return

    def _send_error(self, status: int) -> None:
        error = {"message": f"fault {status}", "type": "fault", "param": None, "code": str(status)}
        self._send(status, {"error": error})

    def _send(self, status: int, body: Json) -> None:
        self._write(status, json.dumps(body).encode(), "application/json")

    def _write(self, status: int, content: bytes, content_type: str, encoding: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(content)))
        if status in (429, 503) and self.server.models.retry_after is not None:
            self.send_header("Retry-After", self.server.models.retry_after)
        self.end_headers()
        if (
            self.call
        ):  # before its client can know, or its next call would seem to be open beside it
            self.server.models.end(self.call)
        self.wfile.write(content)


@cache
def packed() -> bytes:
    """An answer that is a thousand times as long when it is unpacked."""
    return gzip.compress(b" " * PACKED_BYTES)


def _read_call(body: Json) -> Json:
    """What was asked: by which schema, which way, with which payload."""
    by_schema = body.get("response_format", {}).get("json_schema", {})
    tools = body.get("tools") or [{}]
    schema = by_schema.get("name") or tools[0].get("function", {}).get("name")
    return {
        "schema": schema,
        "role": ROLES.get(schema),
        "method": "json_schema" if by_schema else "function_calling",
        "payload": _payload(body["messages"]),
        "messages": body["messages"],
        "model": body.get("model"),
        "time": time.monotonic(),
    }


def _payload(messages: list[Json]) -> Json:
    """The first user message is the payload; later ones only complain about an answer."""
    said = next((message["content"] for message in messages if message["role"] == "user"), "{}")
    try:
        payload = json.loads(said)
    except json.JSONDecodeError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _completion(call: Json, fault: str | None, text: str | None) -> Json:
    text = text or _text(call, fault)
    message = _message(call, fault, text)
    read = sum(len(str(message["content"])) for message in call["messages"]) // 4
    usage = {
        "prompt_tokens": read,
        "completion_tokens": len(text) // 4,
        "total_tokens": read + len(text) // 4,
    }
    reason = {"truncated": "length", "filtered": "content_filter"}.get(fault or "", "stop")
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": call["model"],
        "choices": [choice],
        "usage": usage,
    }


def _text(call: Json, fault: str | None) -> str:
    if fault == "wrong_schema":
        return json.dumps({"unexpected": True})
    if fault == "not_json":
        return "I'd rather talk about it first: {this is not JSON}"
    if fault in ("empty", "filtered"):
        return ""
    good = answer(call["schema"], call["payload"])
    return json.dumps(_with_nulls(good) if fault == "null_byte" else good)


def _with_nulls(value: Any) -> Any:
    if isinstance(value, str):
        return f"\x00{value}\x00"
    if isinstance(value, list):
        return [_with_nulls(item) for item in value]
    return (
        {key: _with_nulls(item) for key, item in value.items()}
        if isinstance(value, dict)
        else value
    )


def _message(call: Json, fault: str | None, text: str) -> Json:
    message: Json = {"role": "assistant", "content": text, "refusal": None}
    if fault == "refused":
        return message | {"content": None, "refusal": "I can't help with that."}
    if fault == "truncated":
        text = message["content"] = text[: len(text) // 2]
    if fault == "fenced":
        return message | {"content": f"Here it is:\n\n```json\n{text}\n```\nGood luck!"}
    if fault == "thinking":
        return message | {"content": f'<think>First {{"try": 1}}, then …</think>\n{text}'}
    if call["method"] == "json_schema" or not text:
        return message
    function = {"name": call["schema"], "arguments": text}
    return message | {
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    with ModelServer(port=options.port, latency=options.latency) as server:
        print(server.url, flush=True)  # noqa: T201 - the address is what this command is for
        threading.Event().wait()


if __name__ == "__main__":
    main()
