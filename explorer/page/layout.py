"""The page as a whole: the panel, the Explore views, the hidden wire, and the files that the browser fetches."""

from functools import cache
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from explorer.page import library
from explorer.page.controls import panel
from explorer.page.packets import packet, views
from explorer.page.session import Session
from explorer.page.wiring import wire
from sampler.classroom.presets import PRESETS

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "page"
TITLE = "Power Sampling Explorer"
INTRODUCTION = (
    "Watch a real language model sample whole completions from p<sup>α</sup>: a chain writes a block, several times "
    "cuts it and writes on anew, and accepts or rejects; then the block freezes."
)
HEAD = """
<script src="explorer/page/vendor/plotly-cartesian.min.js" defer></script>
<script type="module" src="explorer/page/main.js"></script>
"""
# Gradio may mount an element before or after the module has loaded
READY = "const start = () => {{ {} }}; if (window.explorer) start(); else addEventListener('explorer-ready', start);"
MOUNT = READY.format("window.explorer.mount(element)")
CONNECT = READY.format("window.explorer.connect({ props, trigger, watch })")


def page(models: library.Models) -> gr.Blocks:
    """The whole app as Gradio blocks."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        session = gr.State(Session())
        gr.Markdown(f"# {TITLE}\n{INTRODUCTION}", elem_id="introduction")
        controls = panel(models.names)
        gr.HTML(html_template=(ASSETS / "explore.html").read_text("utf-8"), js_on_load=MOUNT, elem_id="explore")
        bus = gr.HTML("", html_template="<i></i>", visible="hidden", js_on_load=CONNECT, elem_id="bus")
        wire(controls, bus, session, models)
    return blocks


def theme() -> gr.themes.Base:
    """Slate and blue, fonts of the visitor's own system."""
    sans, mono = ["system-ui", "sans-serif"], ["ui-monospace", "monospace"]
    return gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=sans, font_mono=mono)


def routes() -> list[Route | Mount]:
    """Files of our own: the page's scripts and style, plotly.js with them, and the opening data."""
    return [
        Route("/explorer/opening.json", opening),
        Mount("/explorer/page", StaticFiles(directory=ASSETS)),
    ]


async def opening(request: Request) -> Response:
    """What the page opens on, before Gradio has answered anything."""
    return Response(opening_json(), media_type="application/json")


@cache
def opening_json() -> str:
    """The figures' declarations and the recorded run that the page opens on, as one JSON text."""
    shown = Session()
    shown.open_recorded(*library.recorded(PRESETS[0].id), recorded=True)
    return f'{{"views":{packet(**views())},"packet":{shown.snapshot()}}}'
