"""What a stranger may send to the running app over HTTP: addresses, bodies, values, and other people's sessions."""

import json
import math
from dataclasses import fields
from urllib.parse import quote

import httpx
import pytest
from attacker import Attacker, check_clean, check_refused

from explorer.page.serving.gate import MOST_JSON, MOST_UPLOAD
from explorer.page.wire.contract import KINDS
from sampler.classroom.presets import PRESETS

pytestmark = pytest.mark.browser


@pytest.fixture
def attacker(address) -> Attacker:
    return Attacker(address)


# ---- files and addresses

FORBIDDEN = [
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file=app.py",
    "/gradio_api/file=../../../../etc/passwd",
    "/gradio_api/file=%2Fetc%2Fpasswd",
    "/gradio_api/file=..%252f..%252fetc%252fpasswd",
    "/gradio_api/file=%5C%5Chost%5Cshare",
    "/gradio_api/file=file:///etc/passwd",
    "/gradio_api/file=http://169.254.169.254/latest/meta-data",
    "/gradio_api/file=https://example.com/",
    "/gradio_api/file/etc/passwd",
    "/gradio_api%2Ffile=/etc/passwd",
    "/gradio_api/proxy=https://example.hf.space/",
    "/gradio_api/component_server",
    "/gradio_api/process_recording",
    "/gradio_api/stream/abc/1/2/playlist.m3u8",
    "/gradio_api/custom_component/x/client/component/..%2f..%2fapp.py",
    "/gradio_api/vibe-code",
    "/gradio_api/dev/reload",
    "/gradio_api/deep_link",
    "/gradio_api/call/run",
    "/monitoring",
    "/explorer/page/../../README.md",
    "/explorer/page/%2e%2e/%2e%2e/README.md",
    "/explorer/page/..%2f..%2fREADME.md",
    "/explorer/page/..%5c..%5cREADME.md",
    "/explorer/page//etc/passwd",
    "/explorer/page/%00",
    "/explorer/page/" + "a" * 4000,
    "/static/../../../../../../etc/passwd",
    "/assets/%2e%2e/%2e%2e/%2e%2e/routes.py",
    "/app.py",
    "/<script>alert(1)</script>",
]


def test_nothing_but_the_page_is_read(attacker, subtests):
    for target in FORBIDDEN:
        with subtests.test(target[:60]):
            status, text = attacker.raw(target)
            assert 400 <= status < 500
            check_clean(text)
            assert "<script>" not in text


def test_what_the_page_reads_tells_no_place_of_the_server(attacker, subtests):
    for target in ("/", "/config", "/gradio_api/info", "/explorer/opening.json", "/theme.css"):
        with subtests.test(target):
            status, text = attacker.raw(target)
            assert status == 200
            check_clean(text)


def test_a_query_with_markup_is_not_answered_with_it(attacker):
    status, text = attacker.raw("/?__theme=%3Cscript%3Ewindow.hacked%3D1%3C/script%3E&view=%22%3E%3Cimg%20src=x%3E")
    assert status == 200
    assert "window.hacked=1</script>" not in text and '"><img src=x>' not in text


def test_a_foreign_host_name_in_the_request_is_harmless(attacker):
    answer = attacker.http.get("config", headers={"Host": 'evil"><script>', "X-Forwarded-Host": "<script>"})
    assert answer.status_code < 500
    check_clean(answer.text)


# ---- bodies


def body(attacker: Attacker, **changed: object) -> str:
    """The body of an upload's end, changed."""
    handler = attacker.handler("open", "upload")["id"]
    call = {"fn_index": handler, "data": [attacker.tab, None], "session_hash": attacker.session}
    return json.dumps(call | changed)


NO_CALLS = [
    (b"", 400, "must be JSON"),
    (b"{", 400, "must be JSON"),
    (b"\xff\xfe\x00", 400, "must be JSON"),
    (b"null", 404, "no such handler"),
    (b"[1,2]", 404, "no such handler"),
    (b'{"data":[NaN]}', 400, "finite numbers"),
    (b'{"data":[1e999]}', 400, "finite numbers"),
    (b'{"data":["\\ud800"]}', 400, "Unicode text"),
    (b'{"data":[' + b"9" * 5000 + b"]}", 400, "must be JSON"),
    (b"[" * 100_000 + b"]" * 100_000, 400, "must be JSON"),
    (b"[" * 30 + b"]" * 30, 400, "at most 20 levels"),
    (b'{"data":[{"path":"https://example.com/x"}]}', 400, "uploaded here"),
    (b" " * (MOST_JSON + 1), 413, f"at most {MOST_JSON} bytes"),
]


def test_a_body_that_is_no_call_is_refused(attacker, subtests):
    for sent, status, words in NO_CALLS:
        with subtests.test(repr(sent[:24])):
            outcome = attacker.post("gradio_api/queue/join", sent)
            check_clean(outcome.text)
            assert (outcome.status, words in outcome.text) == (status, True)


WRONG_CALLS = [
    ({"fn_index": -1}, 404),
    ({"fn_index": 10**6}, 404),
    ({"fn_index": "0"}, 404),
    ({"fn_index": True}, 404),
    ({"fn_index": [0]}, 404),
    ({"data": []}, 400),
    ({"data": [None] * 1000}, 400),
    ({"data": {"0": None}}, 400),
    ({"data": "x"}, 400),
    ({"session_hash": None}, 400),
    ({"session_hash": ""}, 400),
    ({"session_hash": "x" * 1000}, 400),
    ({"session_hash": ["a"]}, 400),
    ({"session_hash": "../../etc"}, 400),
    ({"session_hash": "a\nb"}, 400),
    ({"trigger_id": "x"}, 422),
]


def test_a_call_of_the_wrong_shape_is_refused(attacker, subtests):
    for changed, status in WRONG_CALLS:
        with subtests.test(str(changed)[:60]):
            outcome = attacker.post("gradio_api/queue/join", body(attacker, **changed))
            check_clean(outcome.text)
            assert outcome.status == status


def test_fields_that_no_browser_sends_are_not_passed_on(attacker):
    outcome = attacker.post("gradio_api/queue/join", body(attacker, batched=True, simple_format=True, oauth_token="x"))
    assert outcome.status == 200


def test_a_queued_handler_has_no_way_around_the_queue(attacker):
    assert attacker.post("gradio_api/run/predict", body(attacker)).status == 404


@pytest.mark.parametrize("target", ["gradio_api/cancel", "gradio_api/reset"])
def test_other_endpoints_refuse_what_they_cannot_read(attacker, target):
    for sent in (b"", b"[]", b'{"session_hash":[],"fn_index":"x","event_id":{}}', b"[" * 50_000):
        outcome = attacker.post(target, sent)
        check_clean(outcome.text)
        assert 400 <= outcome.status < 500, sent[:60]


def test_an_upload_that_is_too_large_is_refused(attacker):
    answer = attacker.uploaded("big.jsonl", bytes(MOST_UPLOAD + 1))
    assert answer.status_code == 413
    check_clean(answer.text)


def test_an_upload_that_is_no_form_is_refused(attacker):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for content in (b"", b"no form at all", b"--x\r\n\r\n--x--"):
        answer = attacker.http.post("gradio_api/upload", content=content, headers=headers)
        assert answer.status_code < 500, content
        check_clean(answer.text)
        assert answer.status_code >= 400 or answer.json() == [], content


def test_an_upload_of_another_type_is_refused(attacker):
    outcome = attacker.post("gradio_api/upload", b"{}")
    check_clean(outcome.text)
    assert 400 <= outcome.status < 500


def test_an_uploaded_name_leads_nowhere(attacker):
    for name in ("../../../evil.jsonl", "..\\evil.jsonl", "a" * 300 + ".gz", "<b>\u202e.jsonl", "/"):
        answer = attacker.uploaded(name, b"{}")
        assert answer.status_code == 200, name
        [path] = answer.json()
        assert ".." not in path.split("/") and "<" not in path
        assert attacker.raw(f"/gradio_api/file={quote(path)}")[0] == 404


# ---- values of the panel


BEYOND_LIMITS = [
    ({"prompt": "x" * 10_001}, "1 to 10000 characters long, not 10001"),
    ({"prompt": "x" * 10_000}, "Prompt must be at most"),
    ({"prompt": ""}, "1 to 10000 characters long, not 0"),
    ({"prompt": None}, "1 to 10000 characters long, not 0"),
    ({"prompt": " \n\t\u00a0"}, "blank ones"),
    ({"model": "gpt2"}, ""),
    ({"model": "hf-internal-testing/tiny-random-gpt2"}, ""),
    ({"model": "../../assets/models/classroom"}, ""),
    ({"model": "/etc"}, ""),
    ({"model": ["classroom"]}, "Model must be text, not ['classroom']"),
    ({"model": {"path": "classroom"}}, "Model must be text"),
    ({"model": None}, "Model must be one of"),
    ({"alpha": 0.5}, ""),
    ({"alpha": 1e300}, "Alpha must be from 1 to 10, not 1e+300"),
    ({"alpha": 10.01}, "Alpha must be from 1 to 10, not 10.01"),
    ({"is_tied": False, "temperature": 3}, "Temperature must be from 0.05 to 2, not 3"),
    ({"alpha": 10**300}, ""),
    ({"alpha": "NaN"}, "Alpha must be a number, not 'NaN'"),
    ({"alpha": [4]}, "must be a number, not [4]"),
    ({"is_infinite": 1}, "Is infinite must be true or false, not 1"),
    ({"prompt": 7}, "Prompt must be text, not 7"),
    ({"is_infinite": True}, "must be given when alpha is inf"),
    ({"is_tied": False, "temperature": 0}, ""),
    ({"block_size": 65}, ""),
    ({"block_size": 2.5}, "whole number from 1 to 64"),
    ({"blocks": 17}, ""),
    ({"blocks": -1}, ""),
    ({"steps": 101}, ""),
    ({"steps": None}, ""),
    ({"scope": "everything"}, ""),
    ({"scope": ["block"]}, "Scope must be text, not ['block']"),
    ({"seed": -1}, ""),
    ({"seed": 2**53}, "whole number from 0 to 9007199254740991"),
    ({"seed": 10**400}, "whole number from 0 to 9007199254740991"),
    ({"seed": "1; DROP TABLE"}, "Seed must be a number, not '1; DROP TABLE'"),
    ({"seed": {"a": [1]}}, "Seed must be a number"),
]


def test_a_run_beyond_the_limits_is_refused_and_starts_nothing(attacker, subtests):
    for changed, words in BEYOND_LIMITS:
        with subtests.test(str(changed)[:60]):
            outcome = attacker.run(**changed)
            check_refused(outcome, words)
            assert not any("moments" in answer for answer in outcome.answers)


@pytest.mark.parametrize(
    "prompt",
    [
        "🎲👩‍👩‍👧‍👦" * 2,
        "\u202eabc\u2066",
        "a\x00b\x1b[31m",
        "<img src=x onerror=alert(1)>",
        "﷽" * 9,
        "{{value}}${value}",
    ],
)
def test_a_strange_prompt_runs_and_comes_back_as_it_was(attacker, prompt):
    outcome = attacker.run(prompt=prompt)
    assert not outcome.failed, outcome.error
    check_clean(outcome.text)
    assert next(answer["run"]["prompt"] for answer in outcome.answers if "run" in answer) == prompt


JUNK = [
    *(None, True, 0, -1, 1e308, 10**400, "", "x" * 100_000, [], {}, [[]], {"": None}),
    {"goal": ["end"], "speed": "fast", "resync": [], "cancel_diagnosis": {}},
    {"goal": {}, "speed": -5, "chains": [4], "run_id": {}, "request": [None]},
    {"world": ["paper"], "kernel": {}, "alpha": "4", "planting": {"a": {}}},
    {"world": "paper", "kernel": ["right"], "alpha": None, "runs": 1e9, "steps": -1},
    {"world": "own", "text": {"a": 1}, "alpha": 4}, {"world": "network", "prompt": [], "model": {}, "alpha": 4},
    {"live": True, "task": "cups", "problem": 0, "method": "x"}, {"live": {}, "task": [], "problem": {}, "method": []},
]  # fmt: skip
# ---- what the page's own wire takes


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (b"", 400, "must be JSON"),
        (b"\xff\xfe\x00", 400, "must be JSON"),
        (b"null", 200, "must be an object"),
        (b"[1,2]", 200, "must be an object"),
        (b'{"payload":[NaN]}', 400, "finite numbers"),
        (b'{"payload":[1e999]}', 400, "finite numbers"),
        (b'{"payload":["\\ud800"]}', 400, "Unicode text"),
        (b'{"payload":[' + b"9" * 5000 + b"]}", 400, "must be JSON"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "must be JSON"),
        (b"[" * 30 + b"]" * 30, 400, "at most 20 levels"),
        (b" " * (MOST_JSON + 1), 413, f"at most {MOST_JSON} bytes"),
        (b"{}", 200, "Tab must be 32 hexadecimal digits"),
        (b'{"tab":["a"]}', 200, "Tab must be"),
        (b'{"tab":"../../../../../../../etc/passwd0"}', 200, "Tab must be"),
        (b'{"tab":"' + b"0" * 32 + b'"}', 200, "Id must be a whole number"),
        (b'{"tab":"' + b"0" * 32 + b'","id":true}', 200, "Id must be a whole number"),
        (b'{"tab":"' + b"0" * 32 + b'","id":1e3}', 200, "Id must be a whole number"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else "",
)
def test_a_body_that_is_no_ask_is_refused(attacker, sent, status, words):
    outcome = attacker.post("explorer/ask", sent)
    check_clean(outcome.text)
    assert (outcome.status, words in outcome.text) == (status, True)


@pytest.mark.parametrize("tab", ["", "0", "g" * 32, "0" * 33, "../../etc/passwd"])
def test_answers_of_no_tab_are_refused(attacker, tab):
    answer = attacker.http.get("explorer/answers", params={"tab": tab})
    assert answer.status_code == 400 and "hexadecimal" in answer.text


@pytest.mark.parametrize("kind", [None, 7, "", "Tree", "__class__", ["tree"], {"a": 1}], ids=repr)
def test_a_kind_that_is_none_is_refused(attacker, kind):
    check_refused(attacker.put(kind, {}), "Kind must be one of")


@pytest.mark.parametrize("kind", KINDS)
def test_any_json_is_answered_calmly(attacker, kind):
    objects_are_all_the_same = not fields(KINDS[kind])  # a self-test for each would only take long
    for payload in JUNK:
        if objects_are_all_the_same and isinstance(payload, dict) and payload:
            continue
        outcome = attacker.put(kind, payload)
        check_clean(outcome.text)
        assert outcome.status in (200, 202), payload
        assert not outcome.failed or outcome.sentence, payload
        assert len(outcome.sentence) < 700


def test_an_ask_that_comes_twice_is_answered_once(attacker):
    first = attacker.put("dial", {"world": {"world": "paper"}, "alpha": 2.0}, 7)
    again = attacker.put("dial", {"world": {"world": "paper"}, "alpha": 2.0}, 7)
    assert first.answers == again.answers and len(first.answers) == 1
    assert first.text == again.text


TREE = {"world": {"world": "paper"}, "alpha": 4, "runs": 5, "steps": 1, "block_size": 1, "scope": "block", "seed": 0}
TREE |= {"kernel": "right", "temperature": None}
PIVOT = {"world": "pivot", "eps": 0.1, "eps_prime": 0.1, "futures": 1}


@pytest.mark.parametrize(
    ("kind", "changed", "words"),
    [
        ("tree", {"alpha": 0}, "Alpha must be"),
        ("tree", {"alpha": 1e308}, ""),
        ("tree", {"alpha": 10**400}, "Alpha must be"),
        ("tree", {"alpha": "4"}, "Alpha must be a number, not '4'"),
        ("tree", {"world": None}, "World must be an object"),
        ("tree", {"world": PIVOT | {"eps": 2}}, "must be a number from 0.01 to 0.98"),
        ("tree", {"world": PIVOT | {"futures": 10**9}}, "from 1 to 8"),
        ("tree", {"world": {"world": "own", "text": "a 1\n" * 6000}}, "at most 5000 lines"),
        ("tree", {"world": {"world": "own", "text": "a" * 200_001}}, "at most 200000 characters"),
        ("tree", {"world": {"world": "own", "text": "\n".join("  " * i + "a 1" for i in range(30))}}, "most 12 tokens"),
        ("tree", {"world": {"world": "own", "text": "a\x00 1"}}, "visible characters"),
        ("tree", {"world": {"world": "own", "text": "a " + "9" * 5000}}, "from 0 to 1"),
        ("tree", {"world": {"world": "network", "model": "gpt2", "prompt": "a"}}, "Model must be one of"),
        (
            "tree",
            {"world": {"world": "network", "model": "classroom", "prompt": "a" * 10_001}},
            "1 to 10000 characters",
        ),
        ("chains", {"runs": 2001}, "from 1 to 2000"),
        ("chains", {"runs": 1e9}, "whole number from 1"),
        ("chains", {"steps": 101}, "from 0 to 100"),
        ("chains", {"kernel": "__class__"}, "Kernel must be one of"),
        ("chains", {"kernel": ["right"]}, "Kernel must be text, not ['right']"),
        ("chains", {"block_size": 10**6}, "from 1 to 2"),
        ("chains", {"temperature": 0}, "above 0"),
        ("chains", {"seed": -1}, "Seed"),
        ("chains", {"world": {"world": "network", "model": "classroom", "prompt": "a"}, "runs": 201}, "from 1 to 200"),
        ("dial", {"alpha": -4}, "Alpha must be"),
    ],
)
def test_a_tree_beyond_the_limits_is_refused(attacker, kind, changed, words):
    outcome = attacker.put(kind, TREE | changed)
    if words:
        check_refused(outcome, words)
    check_clean(outcome.text)


@pytest.mark.parametrize("chains", [0, 9, -1, 1e9, 2.5, "4", None, True, [4]], ids=str)
def test_other_chains_beyond_the_limit_are_refused(attacker, chains):
    check_refused(attacker.put("diagnostics", {"chains": chains, "run_id": "run-1"}), "Chains must be a")


@pytest.mark.parametrize(
    "values",
    [
        (["cups"], 51, 7),
        (["cups"], 0, 7),
        (["cups"], 1, 10**10),
        (["cups"], 1, -1),
        ([], 1, 7),
        (["os"], 1, 7),
        ("cups", "1", "x"),
        ({"a": []}, 1, 7),
        ([["cups"]], 1, 7),
    ],
    ids=str,
)
def test_an_evaluation_beyond_the_limits_is_refused(attacker, values):
    outcome = attacker.put("evaluate", dict(zip(("tasks", "problems", "seed"), values, strict=True)))
    check_refused(outcome)
    assert outcome.failed and not any("live" in answer for answer in outcome.answers)


@pytest.mark.parametrize("preset", ["nothing", "../cups-1", None, ["cups-1"], {"id": "cups-1"}], ids=str)
def test_a_recorded_run_that_is_not_there_is_refused(attacker, preset):
    check_refused(attacker.put("recorded", {"preset": preset}))


# ---- other people's sessions


def test_a_guessed_tab_or_run_reveals_nothing(attacker, address):
    attacker.run(prompt="my secret prompt")
    own = attacker.put("save", {})
    assert "my secret prompt" in own.text
    stranger = Attacker(address)
    assert "my secret prompt" not in stranger.put("save", {}).text
    for number in range(1, 60):
        for kind in ("diagnostics", "target"):
            asked = stranger.put(kind, {"chains": 1, "run_id": f"run-{number}"})
            assert "secret" not in asked.text
    assert stranger.put("resync", {}).answers == []
    with pytest.raises(httpx.RemoteProtocolError):  # Gradio hangs up on a session that it does not know
        attacker.http.get("gradio_api/queue/data", params={"session_hash": "0123456789abcdef"})


def test_a_stranger_cannot_end_a_run(attacker, address):
    stranger = Attacker(address)
    for kind in ("pause", "stop"):
        assert stranger.put(kind, {}).status == 202
    assert stranger.put("cancel", {"kind": "run"}).status == 202
    sent = {"session_hash": attacker.session, "fn_index": 0, "event_id": "0" * 32}
    assert stranger.post("gradio_api/cancel", json.dumps(sent)).status == 200
    assert not attacker.run().failed


def test_a_tab_begins_with_the_recorded_run(attacker):
    saved = json.loads(attacker.put("save", {}).answers[0]["download"]["text"].splitlines()[0])
    assert saved["prompt"] == PRESETS[0].prompt


# ---- after all of it


def test_the_server_lives_and_computes(attacker):
    outcome = attacker.run(steps=2)
    assert not outcome.failed
    rows = [row for answer in outcome.answers for row in answer.get("moments", [])]
    assert rows[-1]["kind"] == "step"
    assert math.isfinite(rows[-1]["total_log_p"])
