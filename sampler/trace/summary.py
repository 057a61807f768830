"""A trace as plain data for other programs and as text for a terminal. Pure: no model, no torch, no files."""

import json
import math
from collections.abc import Sequence
from itertools import groupby

from sampler.core.history import completion
from sampler.core.records import Law, SampleDrawn, SettingsChanged, Step
from sampler.methods.recomputation import Verification
from sampler.methods.registry import method_named
from sampler.trace import frames
from sampler.trace.format import plain, to_json
from sampler.trace.frames import Row
from sampler.trace.trace import Trace

VERDICT = ("draw", "block", "cut", "log_accept_ratio", "log_u", "is_accepted", "tokens_changed")
HEADINGS = {"log_accept_ratio": "log A", "log_u": "log u", "is_accepted": "verdict"}

# ---- plain data: names and values as in the trace file


def outcome(trace: Trace) -> Row:
    """What was asked and what came of it.

    A power run has text, token_ids and log_p, a temperature run its samples; reason and totals are None where the
    trace ends before its run did.
    """
    started = json.loads(to_json(trace.started))
    ended = json.loads(to_json(trace.ended)) if trace.ended else {}
    asked = {name: started[name] for name in ("method", "model", "prompt", "settings", "created_at")}
    segment = completion(trace.events)
    came = {"text": trace.text, "token_ids": list(segment.token_ids), "log_p": math.fsum(segment.log_p)}
    if are_samples(trace):
        came = {"samples": sample_rows(trace)}
    how = {"reason": ended.get("reason"), "totals": ended.get("totals"), "note": trace.note}
    told: Row = plain(asked | came | how)
    return told


def are_samples(trace: Trace) -> bool:
    """Whether the run's method draws independent samples instead of going on with one text."""
    return SampleDrawn in method_named(trace.started.method).events


def everything(trace: Trace) -> Row:
    """The outcome, and the verdicts that led to it."""
    told: Row = plain(outcome(trace) | {"blocks": block_rows(trace), "steps": step_rows(trace)})
    return told


def sample_rows(trace: Trace) -> list[Row]:
    """Every sample of a temperature run, by its number; a trace has them in the order in which they ended."""
    return [
        {
            "sample": drawn.sample,
            "text": trace.sample_text(drawn),
            "token_ids": list(drawn.segment.token_ids),
            "log_p": math.fsum(drawn.segment.log_p),
            "finished": drawn.finished,
        }
        for drawn in sorted(trace.samples_drawn, key=lambda drawn: drawn.sample)
    ]


def block_rows(trace: Trace) -> list[Row]:
    """How often the steps of each block were accepted, and how often they changed its text."""
    return [
        {"block": block, **tally(list(steps))}
        for block, steps in groupby(trace.steps_taken, key=lambda step: step.block)
    ]


def tally(steps: Sequence[Step]) -> Row:
    """Counts over some steps, and the share that was accepted (0 of no steps)."""
    accepted, changed = sum(step.is_accepted for step in steps), sum(step.is_changed for step in steps)
    rate = accepted / max(1, len(steps))
    return {"steps": len(steps), "accepted": accepted, "changed": changed, "acceptance_rate": rate}


def step_rows(trace: Trace) -> list[Row]:
    return [{name: row[name] for name in VERDICT} for row in frames.step_rows(0, trace.events)]


# ---- text for a terminal


def description(trace: Trace) -> str:
    """The whole trace for a reader."""
    body = samples_text(trace) if are_samples(trace) else power_text(trace)
    return harmless("\n".join([*heading(trace), "", body, "", *ending(trace)]))


def heading(trace: Trace) -> list[str]:
    """Model, prompt and settings, and what the file lacks."""
    started = trace.started
    settings = json.loads(to_json(started))["settings"]
    if "proposal_temperature" in settings:
        settings["proposal_temperature"] = started.settings.law.temperature
    lines = [
        f"{started.method} run of {started.model_name} (revision {started.model_revision}), {started.created_at}",
        f"prompt: {started.prompt}",
        "settings: " + ", ".join(f"{name} {short(value)}" for name, value in settings.items()),
    ]
    return [*lines, f"note: {trace.note}"] if trace.note else lines


def power_text(trace: Trace) -> str:
    dials = [
        f"from draw {event.draw} on: alpha {short(law.alpha)}, proposal_temperature {short(law.temperature)}"
        for event in trace.events
        if isinstance(event, SettingsChanged)
        for law in [Law.of(event.alpha, event.proposal_temperature)]
    ]
    parts = [table(block_rows(trace)), dials, table(step_rows(trace)), [trace.text]]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def samples_text(trace: Trace) -> str:
    """Every sample under a line with its number and its log p."""
    return "\n\n".join(
        f"sample {row['sample']}: log p {short(row['log_p'])} nats over {len(row['token_ids'])} tokens\n{row['text']}"
        for row in sample_rows(trace)
    )


def ending(trace: Trace) -> list[str]:
    """Two lines: what the run came to, and what it took."""
    reason = trace.ended.reason if trace.ended else trace.note
    if are_samples(trace):
        finished = sum(drawn.finished for drawn in trace.samples_drawn)
        return [f"{len(trace.samples_drawn)} samples, {finished} with an end token; {reason}", cost(trace)]
    segment, counts = completion(trace.events), tally(trace.steps_taken)
    took = "{steps} steps, {accepted} accepted ({acceptance_rate:.0%}), {changed} changed the text".format(**counts)
    first = f"log p {short(math.fsum(segment.log_p))} nats over {len(segment)} tokens; {reason}"
    return [first, "; ".join(filter(None, [took, cost(trace)]))]


def cost(trace: Trace) -> str:
    """What a run that ended has cost; nothing is known of one that did not."""
    if trace.ended is None:
        return ""
    t = trace.ended.totals
    return f"{t.tokens_drawn} tokens drawn, {t.tokens_fed} fed in {t.forward_calls} passes, {t.seconds:.1f} s"


def findings(found: Verification, note: str) -> str:
    """What a verification recomputed, and every contradiction that it met; `note` is the trace's own."""
    rows = {
        "tokens recomputed": found.tokens,
        "steps recomputed": found.steps,
        "samples recomputed": found.samples,
        "largest difference of log p": f"{found.largest_log_p_error:.2g} nats",
        "largest difference of ratios": f"{found.largest_ratio_error:.2g} nats",
        "problems": len(found.problems),
    }
    lines = [f"{name:<30}{value}" for name, value in rows.items()]
    return harmless("\n".join([*lines, *found.problems, *([f"note: {note}"] if note else [])]))


def table(rows: Sequence[Row]) -> list[str]:
    """Rows of equal names as right-aligned columns under their names; nothing for no rows."""
    names = list(rows[0]) if rows else []
    cells = [[HEADINGS.get(name, name.replace("_", " ")) for name in names]]
    cells += [[short(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in cells if line]


def short(value: object) -> str:
    """Floats with six digits, verdicts in words."""
    if isinstance(value, bool):
        return "accepted" if value else "rejected"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def harmless(text: str) -> str:
    """The text with its control characters spelled out, so that a foreign file cannot steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
