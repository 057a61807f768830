"""How the process is, in one line for its log."""

import gradio as gr
import psutil

from explorer.page.serving.sharing import RUNS, Line


def sentence(blocks: gr.Blocks, line: Line = RUNS) -> str:
    """Browsers with a state, runs going on and waiting, and the memory that is resident now."""
    browsers = len(blocks.state_holder.session_data)
    memory = psutil.Process().memory_info().rss // 2**20
    return f"health: {browsers} browsers, {line.going} runs going on, {line.waiting} in line, {memory} MB of memory"
