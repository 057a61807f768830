"""Trace files: what is written is what is read, a cut file says so, and a foreign one is refused in one sentence."""

import gzip
import json
import math
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from worlds import revised

from sampler.core.history import TraceError
from sampler.core.records import BlockFrozen, PowerSettings, Segment, StepTaken, TemperatureSettings
from sampler.methods import run
from sampler.methods.run import run_power, steady
from sampler.methods.temperature import run_temperature
from sampler.models.lock_step import alone
from sampler.models.table import endless_world, flat_world
from sampler.trace.format import from_json, to_json
from sampler.trace.trace import Trace

SETTINGS = PowerSettings(2.0, max_new_tokens=4, block_size=2, steps_per_block=2, seed=1, alternatives=2)


def power_trace(**changes) -> Trace:
    return Trace(run_power(flat_world(), "b", replace(SETTINGS, **changes)))


def temperature_trace() -> Trace:
    return Trace(run_temperature(flat_world(), "b", TemperatureSettings(0.7, 3, num_samples=4, alternatives=1)))


def climbing_trace() -> Trace:
    """At alpha = inf ratios and log Z are infinite, and a dial moves."""
    steering = steady(SETTINGS)
    trace = Trace()
    for event in run_power(endless_world(), "b", SETTINGS, steering):
        trace.events.append(event)
        steering.alpha, steering.proposal_temperature = math.inf, 1.0
    return trace


TRACES = {"power": power_trace, "temperature": temperature_trace, "alpha-inf": climbing_trace}
LINES = list(power_trace().lines())


@pytest.mark.parametrize("make", TRACES.values(), ids=TRACES)
@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.gz"])
def test_round_trip(make, name, tmp_path):
    trace = make()
    trace.save(tmp_path / name)
    loaded = Trace.load(tmp_path / name)
    assert loaded.events == trace.events
    assert loaded.note == ""
    assert list(loaded.lines()) == list(trace.lines())


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.gz"])
def test_the_same_events_give_the_same_bytes(name, tmp_path):
    trace = power_trace()
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        trace.save(folder / name)
    data = (folders[0] / name).read_bytes()
    assert data == (folders[1] / name).read_bytes()
    assert name.endswith(".jsonl") or data[4:8] == bytes(4)  # the time of writing, RFC 1952


def test_a_gzipped_trace_holds_the_same_lines(tmp_path):
    trace = power_trace()
    trace.save(tmp_path / "run.jsonl")
    trace.save(tmp_path / "run.jsonl.gz")
    assert gzip.decompress((tmp_path / "run.jsonl.gz").read_bytes()) == (tmp_path / "run.jsonl").read_bytes()


ANY_TEXT = st.text(st.characters() | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF))


@given(ANY_TEXT)
@example("<script>alert(1)</script>")
@example('日本 🎲 \u2028 quotes " and \\ and \n and \x00')
def test_any_text_survives(tmp_path_factory, text):
    """A lone surrogate stands for a byte that is no UTF-8 on its own (PEP 383)."""
    events, tmp_path = from_lines(LINES), tmp_path_factory.mktemp("text")
    trace = Trace([replace(events[0], prompt=text, model_name=text, pieces={0: text, 1: text, 2: text}), *events[1:]])
    trace.save(tmp_path / "run.jsonl")
    loaded = Trace.load(tmp_path / "run.jsonl")
    assert loaded.events == trace.events
    assert len((tmp_path / "run.jsonl").read_text().splitlines()) == len(events)


def test_infinities_are_strings_and_nothing_is_nan():
    lines = list(climbing_trace().lines())
    assert any('"-inf"' in line for line in lines)
    assert not any("Infinity" in line or "NaN" in line for line in lines)


@pytest.mark.parametrize("scope", ["block", "completion"])
def test_replay_is_what_happened_live(scope, monkeypatch):
    """The texts that the chain really held, one after each event, and those that the events alone lead to."""
    live = []

    def recorded(model, writer):
        event, at = alone(model, writer)
        if not isinstance(event, BlockFrozen):
            live.append(at.state.segment)
        return event, at

    monkeypatch.setattr(run, "alone", recorded)
    moments = list(power_trace(scope=scope, seed=4, steps_per_block=9).replay())
    assert [moment.after for moment in moments] == live
    assert [moment.before for moment in moments] == [Segment(), *live[:-1]]


def test_views_on_a_trace():
    trace, samples = power_trace(), temperature_trace()
    assert [step.draw for step in trace.steps_taken] == list(range(len(trace.steps_taken)))
    assert (len(trace.samples_drawn), len(samples.samples_drawn), len(samples.steps_taken)) == (0, 4, 0)
    assert trace.pieces() == {0: "a", 1: "b", 2: "$"}
    assert Trace(trace.events[:-1]).ended is None


# ---- cut short


def test_a_file_cut_at_any_byte_of_its_last_two_lines_opens_and_says_so(tmp_path):
    path, data = tmp_path / "run.jsonl", "".join(f"{line}\n" for line in LINES).encode()
    whole_without_two = sum(len(line) + 1 for line in LINES[:-2])
    for size in range(whole_without_two + 1, len(data) - 1):  # all but the last line end, whose loss is none
        path.write_bytes(data[:size])
        trace = Trace.load(path)
        complete_lines = data[:size].count(b"\n") + (data[:size] + b"\n" in data)
        assert list(trace.lines()) == LINES[: len(trace.events)]
        assert len(trace.events) >= data[:size].count(b"\n")
        assert len(trace.events) <= complete_lines
        assert trace.note in ("the file is cut short", "the run did not end")


def test_a_trace_of_more_lines_or_characters_than_asked_for_is_refused(tmp_path):
    path = tmp_path / "run.jsonl"
    power_trace().save(path)
    lines = path.read_text().splitlines(keepends=True)
    characters = sum(map(len, lines))
    assert Trace.load(path, characters, len(lines)).note == ""
    for limits in ((characters - 1, len(lines)), (characters, len(lines) - 1)):
        assert_refused(lambda limits=limits: Trace.load(path, *limits), "a trace must have at most")


def test_a_file_without_its_last_line_end_is_whole(tmp_path):
    (tmp_path / "run.jsonl").write_text("\n".join(LINES))
    assert Trace.load(tmp_path / "run.jsonl").note == ""


def test_a_run_that_did_not_end_says_so():
    for count in range(1, len(LINES)):
        trace = Trace.parse(LINES[:count])
        assert (len(trace.events), trace.note) == (count, "the run did not end")


def test_a_cut_gzip_file_opens_with_what_it_holds(tmp_path):
    path = tmp_path / "run.jsonl.gz"
    trace = power_trace(max_new_tokens=40, steps_per_block=10)
    trace.save(path)
    data = path.read_bytes()
    held = []
    for size in (len(data) // 2, len(data) - 300, len(data) - 9, len(data) - 1):
        path.write_bytes(data[:size])
        cut = Trace.load(path)
        held.append(len(cut.events))
        assert cut.note == "the file is cut short"
        assert cut.events == trace.events[: len(cut.events)]
    assert held == sorted(held)
    assert 1 <= held[0] < held[-1]


def test_a_gzip_file_cut_before_its_first_line_is_refused(tmp_path):
    path = tmp_path / "run.jsonl.gz"
    power_trace().save(path)
    data = path.read_bytes()
    for size in range(16):
        path.write_bytes(data[:size])
        assert_refused(lambda: Trace.load(path))


# ---- damaged and foreign files


def assert_refused(opening, expected: str = "") -> None:
    """A TraceError of one short sentence."""
    with pytest.raises(TraceError) as refusal:
        opening()
    sentence = str(refusal.value)
    assert expected in sentence
    assert 5 < len(sentence) <= 200
    assert "\n" not in sentence


FOREIGN = {
    "empty": b"",
    "blank": b"\n\n",
    "not utf-8": b"\xff\xfe\x00\x01",
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00",
    "markup": b"<!doctype html><script>alert(1)</script>",
    "plain text": b"hello\nworld\n",
    "a number": b"1\n",
    "null": b"null\n",
    "a list": b"[]\n",
    "random json": b'{"a": {"b": [1, 2, {"c": null}]}}\n',
    "another event": b'{"event": "step"}\n',
    "an event that is a list": b'{"event": []}\n',
    "deep nesting": b"[" * 100_000,
    "deep nesting in an event": b'{"event": "run_started", "schema": 1, "method": "power", "settings": '
    + b'{"a":' * 100_000,
    "a csv file": b"step,log_p\n1,-2.5\n",
    "huge integer": b'{"event": "run_started", "schema": ' + b"9" * 10**6 + b"}\n",
    "only an end": LINES[-1].encode(),
    "no start": "\n".join(LINES[1:]).encode(),
}


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.gz"])
def test_a_foreign_file_is_refused(subtests, name, tmp_path):
    path = tmp_path / name
    for kind, data in FOREIGN.items():
        with subtests.test(kind):
            path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
            assert_refused(lambda: Trace.load(path))


def test_a_file_that_only_says_it_is_gzipped_is_refused(tmp_path):
    (tmp_path / "run.jsonl.gz").write_text("\n".join(LINES))
    assert_refused(lambda: Trace.load(tmp_path / "run.jsonl.gz"), "run.jsonl.gz is not a trace")


def test_a_damaged_gzip_file_is_refused(tmp_path):
    """Whatever byte is hit, the file is refused or opens with what it really held; never another exception."""
    path = tmp_path / "run.jsonl.gz"
    trace = power_trace()
    trace.save(path)
    data = path.read_bytes()
    refused = 0
    for position in range(0, len(data), 17):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :])
        try:
            opened = Trace.load(path)
        except TraceError:
            refused += 1
        else:
            assert opened.events == trace.events[: len(opened.events)]
    assert refused > len(range(0, len(data), 17)) / 2


def changed(number: int, **values) -> list[str]:
    """The trace's lines with fields of one line changed; `...` takes a field away, `a__b` is field b of field a."""
    data = json.loads(LINES[number])
    for name, value in values.items():
        *path, last = name.split("__")
        place = data
        for part in path:
            place = place[part]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return [*LINES[:number], json.dumps(data), *LINES[number + 1 :]]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
STEP = 2
ANOTHER_TEXT = [(token + 1) % 3 for token in from_json(LINES[STEP], 1).step.revision.replaced.token_ids]
UNKNOWN = [None] * len(from_json(LINES[STEP], 1).step.revision.proposed)
SAMPLE = to_json(temperature_trace().samples_drawn[0])
DIAL = '{"event":"settings_changed","draw":0,"alpha":4.0,"proposal_temperature":null}'
DAMAGED = {
    "schema 3": (changed(0, schema=3), "line 1: schema must be 1 or 2, not 3"),
    "schema true": (changed(0, schema=True), "line 1: schema must be 1 or 2, not True"),
    "schema missing": (changed(0, schema=...), "line 1: schema must be 1 or 2, not None"),
    "entropy null": (changed(STEP, proposed__entropy=UNKNOWN), "a trace is of schema 2 if an entropy is absent"),
    "alternative of one": (changed(STEP, proposed__alternatives=[[[0]]]), "line 3, step, proposed, alternatives lacks"),
    "a long key": (changed(0, versions={"x" * 10**6: 1}), "line 1, versions must be of type str"),
    "unknown method": (changed(0, method="gibbs"), "line 1: method must be one of "),
    "method is a list": (changed(0, method=[]), "method must be"),
    "no model": (changed(0, model=...), "line 1, model_name must be of type str"),
    "model is text": (changed(0, model="gpt"), "line 1, model_name must be of type str"),
    "no settings": (changed(0, settings=...), "line 1, settings is not an object"),
    "settings refused": (changed(0, settings__alpha=0.5), "line 1: alpha must be a number from 1 to inf, not 0.5"),
    "settings lack": (changed(0, settings__seed=...), "line 1, settings lacks seed"),
    "seed too large": (changed(0, settings__seed=2**53), "line 1: seed must be a whole number"),
    "prompt is a number": (changed(0, prompt=5), "line 1, prompt must be of type str, not 5"),
    "prompt ids are text": (changed(0, prompt_ids="1"), "line 1, prompt_ids is not a list"),
    "pieces are a list": (changed(0, pieces=["a"]), "line 1, pieces is not an object"),
    "piece of no id": (changed(0, pieces={"x": "a"}), "line 1, pieces has the key 'x', which is no token id"),
    "piece of a negative id": (changed(0, pieces={"-1": "a"}), "line 1, pieces has the key '-1'"),
    "piece is a number": (changed(0, pieces={"0": 1, "1": "b", "2": "$"}), "line 1, pieces must be of type str"),
    "token without a piece": (changed(0, pieces={"0": "a"}), "a token has no piece"),
    "cut missing": (changed(STEP, cut=...), "line 3, step lacks cut"),
    "cut negative": (changed(STEP, cut=-1), "line 3, step, cut must not be negative, not -1"),
    "cut outside": (changed(STEP, cut=99), "step 0 replaces tokens that are not the text's own from position 99 on"),
    "cut is a real number": (changed(STEP, cut=0.0), "line 3, step, cut must be of type int, not 0.0"),
    "cut is true": (changed(STEP, cut=True), "line 3, step, cut must be of type int, not True"),
    "cut is huge": (changed(STEP, cut=10**4000), "a whole number of 4001 digits is not a number of a trace"),
    "verdict is a number": (changed(STEP, is_accepted=1), "line 3, step, is_accepted must be of type bool, not 1"),
    "log u is text": (changed(STEP, log_u="-1"), "line 3, step, log_u must be of type float, not '-1'"),
    "log u is null": (changed(STEP, log_u=None), "line 3, step, log_u must be of type float, not None"),
    "log u is huge": (changed(STEP, log_u=-(10**400)), "a whole number of 402 digits is not a number of a trace"),
    "log u is nan": (changed(STEP, log_u=math.nan), "NaN is not a number of a trace"),
    "log u is Infinity": (changed(STEP, log_u=math.inf), "Infinity is not a number of a trace"),
    "log u is nan as text": (changed(STEP, log_u="nan"), "line 3, step, log_u must be of type float, not 'nan'"),
    "proposed is a list": (changed(STEP, proposed=[]), "line 3, step, proposed is not an object"),
    "proposed lacks": (changed(STEP, proposed__log_q=...), "line 3, step, proposed lacks log_q"),
    "proposed too short": (changed(STEP, proposed__log_q=[]), "line 3, step, proposed: its lists differ in length"),
    "token negative": (changed(STEP, proposed__token_ids=[-1]), "must not be negative"),
    "token is text": (changed(STEP, proposed__token_ids=["<b>"]), "must be of type int, not '<b>'"),
    "log p is an object": (changed(STEP, proposed__log_p=[{}]), "must be of type float, not {}"),
    "alternative of three": (changed(STEP, proposed__alternatives=[[[0, -1.0, 2]]]), "must have 2 entries, not 3"),
    "alternative flat": (changed(STEP, proposed__alternatives=[[0, -1.0]]), "line 3, step, proposed, alternatives"),
    "replaced too long": (changed(STEP, replaced__token_ids=[2] * 9), "its lists differ in length"),
    "replaced is another text": (
        changed(STEP, replaced__token_ids=ANOTHER_TEXT),
        "step 0 replaces tokens that are not",
    ),
    "long text as number": (changed(STEP, log_u="9" * 10**6), "must be of type float"),
    "long event": (changed(STEP, event="x" * 10**6), "line 3 is no event of a trace"),
    "event is a list": (changed(STEP, event=["step_taken"]), "line 3 is no event of a trace"),
    "event is an object": (changed(STEP, event={}), "line 3 is no event of a trace"),
    "block starts elsewhere": (changed(1, start=1), "block 0 starts at 1, but the text has 0 tokens"),
    "block is missing": (LINES[:1] + LINES[2:], "step 0 replaces tokens that are not the text's own"),
    "dial refused": ([*LINES[:2], DIAL.replace("4.0", "0.5")], "line 3: alpha must be a number from 1 to inf, not 0.5"),
    "totals lack": (changed(len(LINES) - 1, totals__steps=...), "totals lacks steps"),
    "two starts": (LINES[:1] + LINES, "a trace holds one run_started event"),
    "samples in a power run": ([*LINES[:2], SAMPLE], "a power run has no such event"),
    "two ends": ([*LINES, LINES[-1]], "nothing follows a run_ended event"),
    "a line of garbage": ([*LINES[:2], "{garbage", *LINES[2:]], "line 3 is not JSON"),
    "a blank line": ([*LINES[:2], "", *LINES[2:]], "line 3 is not JSON"),
    "huge integer": (
        [*LINES[:2], LINES[2].replace('"cut":', '"cut":' + "9" * 10**6), *LINES[3:]],
        "whole number of 1000001 digits",
    ),
    "huge exponent": (
        [*LINES[:2], LINES[2].replace('"log_u":-', '"log_u":-1e999,"x":-'), *LINES[3:]],
        "line 3, step, log_u is too large a number",
    ),
}


def test_a_damaged_trace_is_refused_in_one_sentence(subtests):
    for damage, (lines, sentence) in DAMAGED.items():
        with subtests.test(damage):
            assert_refused(lambda lines=lines: Trace.parse(lines), sentence)


@settings(max_examples=300)
@given(st.integers(0, len(LINES) - 1), st.data())
def test_a_line_with_any_value_replaced_is_refused_or_read(number, data):
    """Whatever stands in a field's place, a trace opens or is refused with a TraceError; never another exception."""
    fields = json.loads(LINES[number])
    name = data.draw(st.sampled_from(sorted(fields)))
    line = json.dumps(fields | {name: data.draw(ANY_JSON)})
    with suppress(TraceError):
        Trace.parse([*LINES[:number], line, *LINES[number + 1 :]])


def test_a_temperature_run_has_no_blocks():
    lines = list(temperature_trace().lines())
    assert_refused(lambda: Trace.parse([lines[0], LINES[1]]), "a temperature run has no such event")


def test_unknown_fields_are_no_damage():
    """A later version may tell more; what this one knows it still reads."""
    assert Trace.parse(changed(STEP, mood="hopeful")).events == from_lines(LINES)


def from_lines(lines: list[str]) -> list:
    return [from_json(line, number) for number, line in enumerate(lines, 1)]


def test_a_missing_file_is_no_trace_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Trace.load(tmp_path / "nowhere.jsonl")


def test_opening_a_trace_needs_no_torch(tmp_path):
    path = tmp_path / "run.jsonl"
    power_trace().save(path)
    program = (
        "import sys; from sampler import Trace; trace = Trace.load(sys.argv[1]); "
        "print(len(trace.events), sorted({'torch', 'transformers', 'gradio', 'plotly', 'pandas'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program, path], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == [str(len(LINES)), "[]\n"]


def test_schema_2_may_lack_entropies(tmp_path):
    """A model behind an engine cannot say them; everything else is as in schema 1."""
    trace = power_trace()
    trace.events[0] = replace(trace.started, schema=2)
    for i, event in enumerate(trace.events):
        if isinstance(event, StepTaken):
            proposed = event.step.revision.proposed
            unknown = replace(proposed, entropy=(None,) * len(proposed))
            trace.events[i] = replace(event, step=revised(event.step, proposed=unknown))
    trace.save(tmp_path / "run.jsonl")
    opened = Trace.load(tmp_path / "run.jsonl")
    assert opened.events == trace.events and list(opened.lines()) == list(trace.lines())
    assert opened.verify(flat_world()).ok
