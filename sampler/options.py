"""What may be typed: the options of every command, the tiny worlds and the preset problems by their names."""

from sampler.classroom.presets import PRESETS
from sampler.core import records
from sampler.methods.method import WHOLE
from sampler.methods.registry import METHODS
from sampler.models.table import OPENS

PROBLEMS = {preset.id: preset.prompt for preset in PRESETS}


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
METHOD = {"--method": {"metavar": "NAME", "default": "power", "help": f"{', '.join(METHODS)} (%(default)s)"}}
