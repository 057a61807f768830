"""The page as a whole: the panel, the places that scripts fill, and the files that the browser fetches."""

import html
import threading
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import gradio as gr
from anyio import to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from explorer.page import library, links
from explorer.page.compare import evaluation
from explorer.page.compare import panel as compare
from explorer.page.controls import in_browser, in_order, panel
from explorer.page.explore import commands, diagnostics, replay, target, uploads  # noqa: F401 (they register)
from explorer.page.explore.session import Session, opening
from explorer.page.packets import COMPARISON, DIAGNOSTICS, FIGURES, TREES, packet, views
from explorer.page.serving.files import Files
from explorer.page.serving.gate import Gate
from explorer.page.shell import ASSETS, LINKED, head, skeleton, whole_file
from explorer.page.tree import answers as tree
from explorer.page.tree.whole_runs import KERNELS
from explorer.page.tree.worlds import WORLDS
from explorer.page.wire.routes import Wire
from explorer.page.wire.tab import Setup, sentence
from sampler.classroom.presets import PRESETS

TITLE = "Power Sampling Explorer"
UPLOADS = (600, 3600)  # seconds: how often uploaded files are looked through, and the age at which they are deleted
INTRODUCTION = (
    "Watch a real language model sample whole completions from p<sup>α</sup>: a chain writes a block, then "
    "repeatedly cuts it, rewrites the rest, and accepts or rejects; then the block freezes."
)
HEAD = "\n".join(head(ASSETS / "main.js", LINKED))
MOUNT = (  # Gradio may mount an element before or after the module has loaded
    "const start = () => {{ window.explorer.{}mount(element); }}; "
    "if (window.explorer) start(); else addEventListener('explorer-ready', start);"
)


def page(
    models: library.Models, begin: evaluation.Begin | None = None, results: Path = evaluation.RECORDED
) -> gr.Blocks:
    """The whole app as Gradio blocks; `begin` starts a live evaluation, `results` is the recorded one."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=UPLOADS) as blocks:
        with gr.Row(elem_id="masthead"):
            gr.Markdown(f"# {TITLE}\n{INTRODUCTION}", elem_id="introduction")
            mounted("links", skeleton("links/links.html") + skeleton("present/present.html"), "links.")
        with gr.Tabs(selected="explore", elem_id="pages") as pages:
            with gr.Tab("Explore", id="explore"):
                widgets = panel(models.names)
                mounted("explore", skeleton("explore/explore.html") + skeleton("explore/diagnostics.html"), "")
            with gr.Tab("Tree", id="tree"):
                mounted("tree", skeleton("tree/tree.html"), "tree.")
            with gr.Tab("Compare", id="compare"):
                compare.panel()
                mounted("compare", skeleton("compare/compare.html"), "comparison.")
            with gr.Tab("Learn", id="learn"):
                mounted("learn", skeleton("learn/learn.html"), "learn.")
        fill = gr.Button(visible="hidden", elem_id="fill")  # pressed by scripts
        in_browser(fill.click, "filling", [], [pages, widgets["preset"], *in_order(widgets)])
        blocks.wire = Wire(Setup(models, begin or partial(evaluation.classroom, models), results))
        wire_upload(widgets["open"], blocks.wire)
    return blocks


def mounted(name: str, markup: str, script: str) -> None:
    """A page's own element, which its script fills."""
    gr.HTML(html_template=markup, js_on_load=MOUNT.format(script), elem_id=name)


def wire_upload(button: gr.UploadButton, wire: Wire) -> None:
    """Read an uploaded trace, in the session of the tab that names itself; its script then asks to see it."""

    async def upload(tab: str, path: str | None) -> None:
        try:
            wire.tab(tab).of(Session).uploaded = await to_thread.run_sync(uploads.opened, path)
        except ValueError as error:
            text = html.escape(sentence(error), quote=False)  # Gradio reads markup in it
            raise gr.Error(text, duration=None, title="Not done", print_exception=False) from error

    named = {"js": "(tab, file) => [window.explorer.tab, file]", "show_progress": "hidden", "concurrency_limit": 2}
    read = button.upload(upload, [gr.Textbox(visible=False), button], None, api_visibility="private", **named)
    in_browser(read.success, "openUploaded")


def theme() -> gr.themes.Base:
    """Slate and blue, fonts of the visitor's own system."""
    sans, mono = ["system-ui", "sans-serif"], ["ui-monospace", "monospace"]
    return gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=sans, font_mono=mono)


def served(blocks: gr.Blocks, models: library.Models, results: Path = evaluation.RECORDED) -> dict[str, list]:
    """What `launch` takes as `app_kwargs`: our own files, and what stands before Gradio and them."""
    routes = [
        opens_on("opening", opening_json),
        opens_on("comparison", partial(comparison_json, results)),
        opens_on("tree", partial(tree_json, models)),
        opens_on("links", partial(links_json, models)),
        Route("/explorer/replay.html", lambda request: HTMLResponse(whole_file())),
        Mount("/explorer/page", StaticFiles(directory=ASSETS)),
        *blocks.wire.routes,
    ]
    return {"routes": routes, "middleware": [Middleware(Gate, functions=blocks.fns), Middleware(Files)]}


def opens_on(name: str, text: Callable[[], str]) -> Route:
    """The route of what a page opens on, which the first of many browsers has computed for all."""
    one_at_a_time = threading.Lock()

    def answer(request: Request) -> Response:  # no coroutine: Starlette gives it a thread
        with one_at_a_time:
            return Response(text(), media_type="application/json")

    return Route(f"/explorer/{name}.json", answer)


@cache
def opening_json() -> str:
    """The figures' declarations and the recorded run that the page opens on, as one JSON text."""
    return packet(views=views(FIGURES | DIAGNOSTICS), packet=opening().snapshot())


@cache
def comparison_json(results: Path) -> str:
    """What the Compare page opens on: the figures' declarations and the recorded results."""
    return f'{{"views":{packet(**views(COMPARISON))},"packet":{evaluation.recorded_json(results)}}}'


@cache
def tree_json(models: library.Models) -> str:
    """What the Tree page opens on: its figures' declarations, its first tree, and what may be chosen."""
    return packet(
        views=views(TREES),
        packet=tree.planted_tree({"world": WORLDS[0].id}, 4.0, models),
        worlds=[world.described() for world in WORLDS],
        presets=[each.prompt for each in PRESETS],
        models=models.names,
        kernels=[{"id": name, "title": title, "sentence": words} for name, (title, words, _) in KERNELS.items()],
    )


@cache
def links_json(models: library.Models) -> str:
    return packet(**links.known(models))
