"""The page as a whole: the panel, the Explore views, the hidden wire, and the files that the browser fetches."""

import gzip
import threading
from functools import cache
from pathlib import Path

import gradio as gr
from gradio.state_holder import StateHolder
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from explorer.page import library, links
from explorer.page.compare import evaluation
from explorer.page.compare import panel as compare
from explorer.page.controls import panel
from explorer.page.explore.asking import wire_target
from explorer.page.explore.replay import wire_replay
from explorer.page.explore.session import Session, opening
from explorer.page.explore.wiring import wire
from explorer.page.packets import COMPARISON, DIAGNOSTICS, FIGURES, TREES, packet, views
from explorer.page.serving.files import Files
from explorer.page.serving.gate import Gate
from explorer.page.shell import ASSETS, preloads, skeleton, whole_file
from explorer.page.tree import answers as tree
from explorer.page.tree.whole_runs import KERNELS
from explorer.page.tree.worlds import WORLDS
from explorer.page.wire.routes import Wire
from explorer.page.wire.tab import Setup
from explorer.views.colours import style
from sampler.classroom.presets import PRESETS

ONE_AT_A_TIME = threading.Lock()  # many browsers may ask while the recorded results are computed for the first
TITLE = "Power Sampling Explorer"
UPLOADS = (600, 3600)  # seconds: how often uploaded files are looked through, and the age at which they are deleted
INTRODUCTION = (
    "Watch a real language model sample whole completions from p<sup>α</sup>: a chain writes a block, then "
    "repeatedly cuts it, rewrites the rest, and accepts or rejects; then the block freezes."
)
HEAD = f"""{style()}
<link rel="stylesheet" href="explorer/page/learn/card.css">
<link rel="stylesheet" href="explorer/page/present/present.css">
<script src="explorer/page/vendor/plotly-cartesian.min.js" defer></script>
<script type="module" src="explorer/page/main.js"></script>
""" + "\n".join(preloads(ASSETS / "main.js"))
# Gradio may mount an element before or after the module has loaded
READY = "const start = () => {{ {} }}; if (window.explorer) start(); else addEventListener('explorer-ready', start);"
MOUNT = READY.format("window.explorer.mount(element)")
CONNECT = READY.format("window.explorer.connect({ props, trigger, watch })")
CONNECT_REPLAY = READY.format("window.explorer.replay.connect({ props, trigger, watch })")
CONNECT_TARGET = READY.format("window.explorer.target.connect({ props, trigger, watch })")
CONNECT_LINKS = READY.format("window.explorer.links.connect({ props, trigger, watch })")
MOUNT_LINKS = READY.format("window.explorer.links.mount(element)")
MOUNT_COMPARISON = READY.format("window.explorer.comparison.mount(element)")
MOUNT_TREE = READY.format("window.explorer.tree.mount(element)")
MOUNT_LEARN = READY.format("window.explorer.learn.mount(element)")
CONNECT_COMPARISON = READY.format("window.explorer.comparison.connect({ props, trigger, watch })")


def page(
    models: library.Models, begin: evaluation.Begin | None = None, results: Path = evaluation.RECORDED
) -> gr.Blocks:
    """The whole app as Gradio blocks; `begin` starts a live evaluation, `results` is the recorded one."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=UPLOADS) as blocks:
        session = gr.State(Session())
        with gr.Row(elem_id="masthead"):
            gr.Markdown(f"# {TITLE}\n{INTRODUCTION}", elem_id="introduction")
            gr.HTML(html_template=skeleton("links/links.html"), js_on_load=MOUNT_LINKS, elem_id="links")
        with gr.Tabs(selected="explore", elem_id="pages") as pages:
            with gr.Tab("Explore", id="explore"):
                controls = panel(models.names)
                explore = skeleton("explore/explore.html") + skeleton("explore/diagnostics.html")
                gr.HTML(html_template=explore, js_on_load=MOUNT, elem_id="explore")
            with gr.Tab("Tree", id="tree"):
                gr.HTML(html_template=skeleton("tree/tree.html"), js_on_load=MOUNT_TREE, elem_id="tree")
            with gr.Tab("Compare", id="compare"):
                own = compare.panel()
                gr.HTML(html_template=skeleton("compare/compare.html"), js_on_load=MOUNT_COMPARISON, elem_id="compare")
            with gr.Tab("Learn", id="learn"):
                gr.HTML(html_template=skeleton("learn/learn.html"), js_on_load=MOUNT_LEARN, elem_id="learn")
        bus, comparison_bus = hidden("bus", CONNECT), hidden("comparison-bus", CONNECT_COMPARISON)
        wire(controls, bus, session, models)
        links.wire_links(hidden("links-bus", CONNECT_LINKS), pages, (controls, bus, session), models)
        wire_replay(hidden("replay-bus", CONNECT_REPLAY), session, models)
        wire_target(hidden("target-bus", CONNECT_TARGET), session, models)
        begin = begin or evaluation.classroom(models)
        compare.wire_comparison(own, comparison_bus, pages, (controls, bus, session), models, begin, results)

        def left(request: gr.Request) -> None:
            forget(blocks.state_holder, request.session_hash)

        blocks.unload(left)
    return blocks


def forget(browsers: StateHolder, session_hash: str) -> None:
    """A browser has gone: end what is computed for it and let go of its states, which Gradio itself would keep."""
    browsers.time_last_used.pop(session_hash, None)
    if gone := browsers.session_data.pop(session_hash, None):
        for state in gone.state_data.values():
            state.leave()


def hidden(name: str, connect: str) -> gr.HTML:
    """A wire to the browser, outside the tabs: an element in a closed tab hears nothing."""
    return gr.HTML("", html_template="<i></i>", visible="hidden", js_on_load=connect, elem_id=name)


def theme() -> gr.themes.Base:
    """Slate and blue, fonts of the visitor's own system."""
    sans, mono = ["system-ui", "sans-serif"], ["ui-monospace", "monospace"]
    return gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=sans, font_mono=mono)


def served(blocks: gr.Blocks, models: library.Models, results: Path = evaluation.RECORDED) -> dict[str, list]:
    """What `launch` takes as `app_kwargs`: our own files, and what stands before Gradio and them."""
    before = [Middleware(Gate, functions=blocks.fns), Middleware(Files)]
    return {"routes": routes(models, results), "middleware": before}


def routes(models: library.Models, results: Path = evaluation.RECORDED) -> list[Route | Mount]:
    """Files of our own: the page's scripts and style, plotly.js with them, and the opening data."""

    def comparison(request: Request) -> Response:  # no coroutine: Starlette gives it a thread
        with ONE_AT_A_TIME:
            content = comparison_json(results)
        return Response(content, media_type="application/json", headers={"Content-Encoding": "gzip"})

    return [
        Route("/explorer/opening.json", opening_run),
        Route("/explorer/comparison.json", comparison),
        Route("/explorer/tree.json", lambda request: Response(tree_json(models), media_type="application/json")),
        Route("/explorer/replay.html", lambda request: HTMLResponse(whole_file())),
        Route("/explorer/links.json", lambda request: Response(links_json(models), media_type="application/json")),
        Mount("/explorer/page", StaticFiles(directory=ASSETS)),
        *Wire(Setup(models)).routes,
    ]


async def opening_run(request: Request) -> Response:
    """What the page opens on, before Gradio has answered anything."""
    return Response(opening_json(), media_type="application/json")


@cache
def opening_json() -> str:
    """The figures' declarations and the recorded run that the page opens on, as one JSON text."""
    return f'{{"views":{packet(**views(FIGURES | DIAGNOSTICS))},"packet":{opening().snapshot()}}}'


@cache
def comparison_json(results: Path) -> bytes:
    """What the Compare page opens on, gzipped: the figures' declarations and the recorded results."""
    text = f'{{"views":{packet(**views(COMPARISON))},"packet":{evaluation.recorded_json(results)}}}'
    return gzip.compress(text.encode())


@cache
def tree_json(models: library.Models) -> str:
    """What the Tree page opens on: its figures' declarations, what may be chosen, and its first tree."""
    first = packet(**tree.planted_tree({"world": WORLDS[0].id}, 4.0, models))
    return f'{{"views":{packet(**views(TREES))},"packet":{first},{packet(**choices(models))[1:]}'


@cache
def links_json(models: library.Models) -> str:
    """What a link may name here, for the browser to check."""
    return packet(**links.known(models))


def choices(models: library.Models) -> dict[str, list]:
    """The worlds, models, prompts and kernels that the Tree page offers."""
    kernels = [{"id": name, "title": title, "sentence": words} for name, (title, words, _) in KERNELS.items()]
    presets = [each.prompt for each in PRESETS]
    worlds = [world.described() for world in WORLDS]
    return {"worlds": worlds, "presets": presets, "models": models.names, "kernels": kernels}
