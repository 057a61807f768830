"""A visitor without a browser, who speaks Gradio's protocol and sends what no page would."""

import http.client
import json
import secrets
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("Traceback", 'File "', "site-packages", str(ROOT), "/tmp/gradio", "root:x:0")
LEAST = {"prompt": "Hello", "model": "classroom", "alpha": 4, "is_infinite": False, "is_tied": True}
LEAST |= {"temperature": 0.25, "block_size": 4, "blocks": 1, "steps": 1, "scope": "block", "seed": 0}  # of a moment


@dataclass
class Outcome:
    """What came of a call: HTTP's status, the answers in order, and an error if there was one."""

    status: int
    text: str
    answers: list[dict] = field(default_factory=list)
    failed: bool = False
    error: str | None = None

    @property
    def sentence(self) -> str:
        """The one sentence of a refusal, wherever it stands."""
        return self.error or ""


@cache
def line_to(address: str) -> httpx.Client:
    """One client for everybody: what counts as a session is Gradio's hash."""
    return httpx.Client(base_url=address, timeout=300)


@cache
def config_of(address: str) -> dict[str, Any]:
    """What the app tells about its elements and handlers."""
    return line_to(address).get("config").json()


class Attacker:
    """One session of one visitor."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = secrets.token_hex(8)
        self.tab, self.asked = secrets.token_hex(16), 0
        self.http = line_to(address)

    def raw(self, target: str, method: str = "GET") -> tuple[int, str]:
        """Ask for an address exactly as it is written; nothing between here and the server tidies it up."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        connection.putrequest(method, target, skip_host=False)
        connection.endheaders()
        answer = connection.getresponse()
        told = answer.status, answer.read(1_000_000).decode("utf-8", "replace")
        connection.close()
        return told

    def handler(self, element: str, event: str) -> dict[str, Any]:
        """The description of the handler of an element's event."""
        config = config_of(self.address)
        ids = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
        return next(d for d in config["dependencies"] if [ids[element], event] in d["targets"])

    def post(self, target: str, body: bytes | str) -> Outcome:
        """A request with a JSON body of any kind."""
        answer = self.http.post(target, content=body, headers={"Content-Type": "application/json"})
        return Outcome(answer.status_code, answer.text)

    def call(self, element: str, event: str, data: list | None = None, event_data: Any = None) -> Outcome:
        """Trigger a handler as the page does; `data` are its inputs, None for states."""
        handler = self.handler(element, event)
        asked = {"data": data or [None] * len(handler["inputs"]), "event_data": event_data, "trigger_id": None}
        asked |= {"fn_index": handler["id"], "session_hash": self.session}
        joined = self.post("gradio_api/queue/join", json.dumps(asked))
        return self.heard(joined) if joined.status == 200 else direct(joined)

    def heard(self, joined: Outcome) -> Outcome:
        """What a queued call answers until it has ended."""
        outcome, event = Outcome(200, ""), json.loads(joined.text)["event_id"]
        with self.http.stream("GET", "gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            for line in stream.iter_lines():
                outcome.text += f"{line}\n"
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("event_id") == event and take(outcome, message):
                    return outcome
        raise AssertionError(f"the stream ended before the call: {outcome.text[-500:]}")

    def run(self, **changed: Any) -> Outcome:
        """Press Run with the least of runs, but for some values."""
        return self.put("run", LEAST | changed)

    def put(self, kind: Any, payload: Any, number: Any = None) -> Outcome:
        """What an ask over the page's own wire brings, up to its end."""
        self.asked += 1
        number = self.asked if number is None else number
        body = {"tab": self.tab, "id": number, "kind": kind, "payload": payload}
        sent = self.post("explorer/ask", json.dumps(body))
        return self.answered(number, sent) if sent.status == 202 and kind not in ("cancel", "leave") else refused(sent)

    def answered(self, number: int, outcome: Outcome) -> Outcome:
        """The answers to an ask."""
        with self.http.stream("GET", "explorer/answers", params={"tab": self.tab}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("id") != number:
                    continue
                outcome.text += f"{line}\n"
                if "end" in message:
                    outcome.failed, outcome.error = message["end"] != "done", message.get("sentence")
                    return outcome
                outcome.answers.append(message["answer"])
        raise AssertionError(f"the stream ended before the ask: {outcome.text[-500:]}")

    def uploaded(self, name: str, content: bytes) -> httpx.Response:
        return self.http.post("gradio_api/upload", files={"files": (name, content)})

    def open_file(self, name: str, content: bytes) -> Outcome:
        """Upload a file and open it as a trace."""
        [path] = self.uploaded(name, content).json()
        return self.open_path(path)

    def open_path(self, path: Any) -> Outcome:
        """Open what lies at a path of the server as a trace."""
        read = self.call("open", "upload", [self.tab, {"path": path, "meta": {"_type": "gradio.FileData"}}])
        return read if read.failed else self.put("uploaded", {})


def refused(outcome: Outcome) -> Outcome:
    """The outcome of an ask that was not taken."""
    outcome.error = json.loads(outcome.text or "{}").get("sentence")
    outcome.failed = outcome.status >= 400 or bool(outcome.error)
    return outcome


def direct(outcome: Outcome) -> Outcome:
    """The outcome of a call without the queue."""
    outcome.failed, outcome.error = outcome.status != 200, json.loads(outcome.text).get("error")
    return outcome


def take(outcome: Outcome, message: dict[str, Any]) -> bool:
    """Whether a message of the stream was the last; its error goes into the outcome."""
    if message["msg"] != "process_completed":
        return False
    outcome.failed, outcome.error = not message["success"], (message.get("output") or {}).get("error")
    return True


def check_clean(text: str) -> None:
    """An answer that shows no place of the server and nothing of its inside."""
    assert [secret for secret in SECRETS if secret in text] == []


def check_refused(outcome: Outcome, *words: str) -> None:
    """Refused in one sentence that holds some words, or by HTTP, or by Gradio without a word; nothing leaks."""
    check_clean(outcome.text)
    assert outcome.status < 500
    assert outcome.failed or outcome.status >= 400 or outcome.sentence, outcome.text[-500:]
    assert "\n" not in outcome.sentence
    assert len(outcome.sentence) < 700
    for word in words:
        assert word in outcome.sentence, outcome.sentence
