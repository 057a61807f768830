"""What may be typed: the options of every command, the tiny worlds and the preset problems by their names."""

from functools import partial

from sampler.classroom.presets import PRESETS
from sampler.core import records
from sampler.models.table import OPENS

PROBLEMS = {preset.id: preset.prompt for preset in PRESETS}


def number(kind: type, text: str) -> object:
    """The number that an argument spells, or else the argument, for the settings to refuse with their own range."""
    try:
        return kind(text)
    except ValueError:
        return text


WHOLE, REAL = partial(number, int), partial(number, float)
NAMES = f"classroom (the default of a run), a folder, a Hugging Face id, or {OPENS}"
SEED = {"--seed": {"type": WHOLE, "default": 0, "help": "of all random numbers (%(default)s)"}}
FILE = {"file": {"metavar": "FILE", "help": "a trace: .jsonl or .jsonl.gz"}}
OUT = {"--out": {"metavar": "FILE", "help": "write the trace as it happens; gzipped if the name ends in .gz"}}
JSON = {"--json": {"action": "store_true", "help": "print JSON instead of text"}}
MODEL = {
    "--model": {"metavar": "NAME", "help": NAMES},
    "--device": {"choices": ("auto", "cpu", "cuda"), "default": "auto", "help": "(%(default)s)"},
    "--dtype": {"choices": ("float32", "bfloat16"), "default": "float32", "help": "(%(default)s)"},
}
PROMPT = {  # one of them
    "--prompt": {"metavar": "TEXT", "help": f"1 to {records.MAX_PROMPT} characters, if the model can read as many"},
    "--preset": {"choices": PROBLEMS, "help": "the prompt of a problem that `presets` lists"},
}
POWER = {
    "--alpha": {"type": REAL, "default": 4.0, "help": "sharpen to p^alpha: from 1 to inf (%(default)s)"},
    "--temperature": {"type": REAL, "dest": "proposal_temperature", "help": "of the proposal, to 100 (1/alpha)"},
    "--block-size": {"type": WHOLE, "default": 16, "help": "tokens (%(default)s)"},
    "--blocks": {"type": WHOLE, "default": 5, "help": "how many to write at most (%(default)s)"},
    "--steps": {"type": WHOLE, "default": 10, "dest": "steps_per_block", "help": "revisions of a block (%(default)s)"},
    "--scope": {"choices": records.SCOPES, "default": "block", "help": "where a revision may cut (%(default)s)"},
    "--chain": {"type": WHOLE, "default": 0, "help": "which of several chains of this run (%(default)s)"},
}
TEMPERATURE = {
    "--temperature": {"type": REAL, "default": 1.0, "help": "above 0, to 100; 1 is the model itself (%(default)s)"},
    "--max-new-tokens": {"type": WHOLE, "default": 80, "help": "length of the longest sample (%(default)s)"},
    "--samples": {"type": WHOLE, "default": 16, "dest": "num_samples", "help": "how many (%(default)s)"},
}
