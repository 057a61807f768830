"""The command line: run a model, keep the trace, read it, verify it. `python -m sampler --help` tells the rest.

Whatever is wrong with what was typed is told in one sentence before a file is touched, and before a model is loaded
unless only the model can tell. torch is imported by a command that opens a network, and by no other.
"""

import argparse
import json
import math
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, NoReturn

from tqdm import tqdm

from sampler.classroom.presets import PRESETS
from sampler.core import records
from sampler.core.history import following
from sampler.core.records import BlockStarted, Event, RunEnded, SampleDrawn, StepTaken
from sampler.exact.selftest import selftest
from sampler.methods.method import WHOLE, Method
from sampler.methods.registry import METHODS, method_named
from sampler.models.contract import LanguageModel
from sampler.models.registry import open_model
from sampler.models.table import OPENS, WORLDS
from sampler.trace import summary
from sampler.trace.format import to_json
from sampler.trace.trace import Trace, open_text

PROG = "python -m sampler"
PROBLEMS = {preset.id: preset.prompt for preset in PRESETS}
Options = dict[str, dict[str, Any]]  # as argparse takes them
STATUS = """\
exit status: 0 done; 1 verify or selftest found a problem; 2 bad input, or a file that cannot be read or written; 130
stopped by Ctrl-C, which lets `run` take the step in progress to its end and close its trace (a second Ctrl-C does not
wait)"""


def main(argv: list[str] | None = None) -> int:
    """Do what a command line says; returns the exit status, or raises SystemExit after telling an error."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        parsed = arguments(method_in(argv)).parse_args(argv)
        status: int = parsed.command(parsed)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print(f"{PROG}: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough, as in `show FILE | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        fail(f"the results can no longer be written: {error.strerror}")
    except ValueError as error:  # whatever a person can get wrong: it says what was wrong and what is allowed
        fail(error)


# ---- the commands


def run(parsed: argparse.Namespace) -> int:
    """Run a method on a prompt, with its progress on stderr, and print its text."""
    method = method_named(parsed.method)
    settings = method.settings_of(**{name: getattr(parsed, name) for name in parsed.options}, seed=parsed.seed)
    prompt = records.checked_text(PROBLEMS.get(parsed.preset, parsed.prompt))
    if parsed.out is not None:
        check_writable(parsed.out)
    model, steering = settled_model(parsed.model or "classroom", parsed), method.steering(settings)
    events = method.run(model, prompt, settings, steering)
    with stopping(steering):
        trace = Trace(progress(recorded(events, parsed.out), *method.work(settings)))
    data = summary.outcome(trace) | {"out": parsed.out}
    text = summary.samples_text(trace) if summary.are_samples(trace) else trace.text
    print(json.dumps(data) if parsed.json else "\n".join([text, "", *summary.ending(trace)]))
    return 130 if data["reason"] == "stopped" else 0


def temperature(parsed: argparse.Namespace) -> int:
    """Short for `run --method temperature`: draw independent samples at one temperature, and print them."""
    return run(parsed)


def methods(parsed: argparse.Namespace) -> int:
    """List the methods: name, label and what each converges to."""
    rows = [{"name": m.name, "label": m.label, "invariant": m.invariant} for m in METHODS.values()]
    print(json.dumps(rows) if parsed.json else "\n".join("\t".join(row.values()) for row in rows))
    return 0


def show(parsed: argparse.Namespace) -> int:
    """Print what a trace says: settings, acceptance, the verdict of every step, the text."""
    trace = opened_trace(parsed.file)
    print(json.dumps(summary.everything(trace)) if parsed.json else summary.description(trace))
    return 0


def verify_file(parsed: argparse.Namespace) -> int:
    """Recompute a trace from its model alone; exit status 1 if anything in it differs."""
    trace = opened_trace(parsed.file)
    found = trace.verify(settled_model(parsed.model or trace.started.model_name, parsed))
    print(summary.findings(found, trace.note))
    return 0 if found.ok else 1


def presets(parsed: argparse.Namespace) -> int:
    """List the preset problems: id, task, prompt and answer."""
    rows = [asdict(preset) for preset in PRESETS]
    print(json.dumps(rows) if parsed.json else "\n".join("\t".join(row.values()) for row in rows))
    return 0


def test_oneself(parsed: argparse.Namespace) -> int:
    """Check the exact laws of this very kernel, and its running code against them; exit status 1 if a check fails."""
    found = []
    for check in selftest(parsed.seed):
        found.append(check)
        if not parsed.json:
            verdict = "ok" if check.passed else "FAILED"
            alarm = f"false alarm {check.false_alarm:g}" if check.false_alarm else "exact"
            print(f"{verdict:6} {check.figure:9.3g} <= {check.threshold:<9.3g} {alarm:17} {check.world:13} {check.law}")
            sys.stdout.flush()
    if parsed.json:
        print(json.dumps([asdict(check) | {"passed": check.passed} for check in found]))
    return 0 if all(check.passed for check in found) else 1


# ---- what they need, refused in one sentence where it cannot be had


def fail(reason: object) -> NoReturn:
    """One sentence on stderr, exit status 2."""
    print(f"{PROG}: error: {' '.join(str(reason).split())}", file=sys.stderr)
    raise SystemExit(2)


def check_writable(out: str) -> None:
    """ValueError if a file cannot be opened for writing; one that exists keeps its content."""
    is_new = not os.path.exists(out)
    try:
        open(out, "ab").close()
        if is_new:
            os.unlink(out)
    except OSError as error:
        raise ValueError(f"out must be a file that can be written, not {out!r}: {error.strerror}") from error


def settled_model(name: str, parsed: argparse.Namespace) -> LanguageModel:
    """The model of a name, with the threads of this program set to what suits it."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    model = open_model(name, device=parsed.device, dtype=parsed.dtype)
    if name not in WORLDS:
        from sampler.models.threads import settle_threads  # seconds of imports

        settle_threads(model)
    return model


def opened_trace(path: str) -> Trace:
    """The trace in a file; ValueError if it holds none."""
    try:
        return Trace.load(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"FILE must be a trace of schema 1 or 2, not {path!r}: {reason}") from error


# ---- a run on its way


def recorded(events: Iterable[Event], out: str | None) -> Iterator[Event]:
    """The same events, each in the file before it is passed on, so that a killed run leaves what it had."""
    if out is None:
        yield from events
        return
    with open_text(out, "w") as file:
        for event in events:
            print(to_json(event), file=file, flush=True)  # in a .gz file too a flushed line can be read back
            yield event


def progress(events: Iterable[Event], total: int, unit: str) -> Iterator[Event]:
    """The same events, with a progress bar on stderr."""
    text, accepted = records.Segment(), 0
    with tqdm(total=total, unit=unit) as bar:
        for event in events:
            if isinstance(event, BlockStarted | StepTaken):
                text = following(text, event)
            if isinstance(event, StepTaken):
                accepted += event.step.is_accepted
                bar.set_postfix(acceptance=accepted / (bar.n + 1), log_p=math.fsum(text.log_p), refresh=False)
            bar.update(isinstance(event, StepTaken | SampleDrawn))
            if isinstance(event, RunEnded) and event.reason == "completed":
                bar.total = bar.n  # an end token may have come early
            yield event


@contextmanager
def stopping(steering: Any) -> Iterator[None]:
    """Ctrl-C asks the run to stop after the step in progress; a second one does not wait for it."""

    def ask(signum: int, frame: object) -> None:
        steering.stop_requested = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# ---- the command line


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that tells an error in one sentence, without its usage."""

    def error(self, message: str) -> NoReturn:
        fail(message)


def method_in(argv: list[str]) -> Method[Any]:
    """The method that a command line names, whose options it may hold beside those of every run."""
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--method", default="power")
    name = parser.parse_known_args(argv)[0].method
    return method_named("temperature" if argv[:1] == ["temperature"] else name)


def arguments(method: Method[Any]) -> Parser:
    """The parser of the whole command line, where `run` has the options of one method."""
    layout: dict[str, Any] = {"epilog": STATUS, "formatter_class": argparse.RawDescriptionHelpFormatter}
    about = "Sample from the power distribution p^alpha of a language model; keep, read and verify the trace."
    parser = Parser(prog=PROG, description=about, **layout)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (command, options) in COMMANDS.items():
        added = commands.add_parser(name, help=command.__doc__, description=command.__doc__, **layout)
        added.set_defaults(command=command)
        if command in (run, temperature):
            added_prompt = added.add_mutually_exclusive_group(required=True)
            for option, keywords in PROMPT.items():
                added_prompt.add_argument(option, **keywords)
        for option, keywords in options.items():
            added.add_argument(option, **keywords)
        if command in (run, temperature):
            own = [added.add_argument(option, **keywords).dest for option, keywords in method.options.items()]
            added.set_defaults(method=method.name, options=own)
    return parser


NAMES = f"classroom (the default of a run), a folder, a Hugging Face id, or {OPENS}"
SEED: Options = {"--seed": {"type": WHOLE, "default": 0, "help": "of all random numbers (%(default)s)"}}
FILE: Options = {"file": {"metavar": "FILE", "help": "a trace: .jsonl or .jsonl.gz"}}
OUT: Options = {"--out": {"metavar": "FILE", "help": "write the trace as it happens; gzipped if the name ends in .gz"}}
JSON: Options = {"--json": {"action": "store_true", "help": "print JSON instead of text"}}
MODEL: Options = {
    "--model": {"metavar": "NAME", "help": NAMES},
    "--device": {"choices": ("auto", "cpu", "cuda"), "default": "auto", "help": "(%(default)s)"},
    "--dtype": {"choices": ("float32", "bfloat16"), "default": "float32", "help": "(%(default)s)"},
}
PROMPT: Options = {  # one of them
    "--prompt": {"metavar": "TEXT", "help": f"1 to {records.MAX_PROMPT} characters, if the model can read as many"},
    "--preset": {"choices": PROBLEMS, "help": "the prompt of a problem that `presets` lists"},
}
METHOD: Options = {"--method": {"metavar": "NAME", "default": "power", "help": f"{', '.join(METHODS)} (%(default)s)"}}
COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], Options]] = {
    "run": (run, METHOD | MODEL | SEED | OUT | JSON),
    "temperature": (temperature, MODEL | SEED | OUT | JSON),
    "methods": (methods, JSON),
    "show": (show, FILE | JSON),
    "verify": (verify_file, FILE | MODEL),
    "presets": (presets, JSON),
    "selftest": (test_oneself, SEED | JSON),
}

if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
