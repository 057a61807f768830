"""The explorer as plain files, for any web server and no Python: `python -m explorer.static --out DIR`."""

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from explorer.page.compare.evaluation import RECORDED
from explorer.page.layout import comparison_json, links_json, tree_json
from explorer.page.library import Models, preset, recorded
from explorer.page.offline import beforehand
from explorer.page.packets import DIAGNOSTICS, FIGURES, packet, views
from explorer.page.shell import ASSETS, folder_index, whole_file
from explorer.page.tree.worlds import BY_ID
from sampler.classroom.presets import PRESETS

MARK = "explorer-static.json"  # in every folder that this program wrote
RUNS = tuple(each.id for each in PRESETS)
SPACE = """---
title: Power Sampling Explorer (recorded)
emoji: 🎲
colorFrom: blue
colorTo: gray
sdk: static
app_file: index.html
---

Plain files, written by `python -m explorer.static`. Any web server serves them, and so does a
static Space of the Hugging Face hub.
"""


def build(out: Path, runs: tuple[str, ...] = RUNS, worlds: tuple[str, ...] = tuple(BY_ID)) -> None:
    """Write the folder with these recorded runs and worlds; ValueError if it holds files of others."""
    make_room(out)
    shutil.copytree(ASSETS, out / "explorer" / "page", ignore=shutil.ignore_patterns("README.md"))
    for name, text in files(Models(["classroom"]), runs, worlds):
        print(f"{len(text.encode()):>9,} bytes  {name}", flush=True)
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def make_room(out: Path) -> None:
    """Empty the folder and mark it as written by this program."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"out must be a folder, and {out} is a file")
    if out.exists() and any(out.iterdir()) and not (out / MARK).is_file():
        raise ValueError(f"out must be a new or empty folder, or one written here before; {out} holds other files")
    shutil.rmtree(out / "explorer", ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).write_text(json.dumps({"written_by": "python -m explorer.static"}), "utf-8")


def files(models: Models, runs: tuple[str, ...], worlds: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each file as (path, text): the pages, what they open on, and what a server would answer."""
    yield "index.html", folder_index()
    yield "README.md", SPACE
    yield "explorer/replay.html", whole_file()
    yield "explorer/opening.json", packet(views=views(FIGURES | DIAGNOSTICS), packet=None)
    yield "explorer/comparison.json", comparison_json(RECORDED)
    yield "explorer/tree.json", tree_json(models)
    yield "explorer/links.json", links_json(models)
    told = [{"id": name, "prompt": preset(name).prompt} for name in runs]
    yield "explorer/recorded/runs.json", packet(runs=told)
    for name in runs:
        trace, _ = recorded(name)
        yield f"explorer/recorded/{name}.jsonl", "".join(f"{line}\n" for line in trace.lines())
        yield f"explorer/recorded/{name}.json", packet(**beforehand.run_answers(name, models))
    for name in worlds:
        yield f"explorer/recorded/world-{name}.json", packet(**beforehand.world_answers(name, models))
    yield "explorer/recorded/selftest.json", packet(**beforehand.checks())


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m explorer.static", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    out = parser.parse_args(argv).out
    try:
        build(out)
    except (ValueError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    print(f"Written. To look at it: python -m http.server --directory {out}")


if __name__ == "__main__":
    main()
