"""How the process is, in one line for its log."""

import resource
import sys
from pathlib import Path

import gradio as gr

from explorer.page.serving.sharing import RUNS, Line

STATUS = Path("/proc/self/status")  # Linux tells what is used now, others the most there ever was


def sentence(blocks: gr.Blocks, line: Line = RUNS) -> str:
    """Browsers with a state, runs going on and waiting, and memory."""
    browsers = len(blocks.state_holder.session_data)
    return (
        f"health: {browsers} browsers, {line.going} runs going on, {line.waiting} in line, {megabytes()} MB of memory"
    )


def megabytes() -> int:
    """Resident memory of this process."""
    if STATUS.exists():
        fields = dict(row.split(":", 1) for row in STATUS.read_text().splitlines() if ":" in row)
        return int(fields["VmRSS"].split()[0]) // 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (2**20 if sys.platform == "darwin" else 1024)
