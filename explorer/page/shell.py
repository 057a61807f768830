"""The page without Gradio: an index for a folder of plain files, and one file that holds everything itself."""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from explorer.views.colours import style

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "page"
SHEETS = [
    ASSETS / name
    for name in ("style.css", "compare/compare.css", "tree/tree.css", "learn/learn.css", "links/links.css")
]
LINKED = [ASSETS / name for name in ("learn/card.css", "present/present.css")]  # Gradio would change them
SHELL = ASSETS / "offline"
STYLES = [*SHEETS, *LINKED, SHELL / "shell.css"]
PLOTLY = ASSETS / "vendor" / "plotly-cartesian.min.js"
PAGES = {  # the tabs, by the parts of their markup
    "explore": ("Explore", ("offline/dials.html", "explore/explore.html", "explore/diagnostics.html")),
    "tree": ("Tree", ("tree/tree.html",)),
    "compare": ("Compare", ("compare/compare.html",)),
    "learn": ("Learn", ("learn/learn.html",)),
}
POLICY = (  # nothing but what stands in the file
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
IMPORT = re.compile(r"""(\bfrom\s+|\bimport\s+)"(\.[^"]+)";""")  # of our own scripts: a relative path in double quotes


def skeleton(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")


def head(script: Path, styles: Sequence[Path]) -> list[str]:
    """What a page that starts with a script of ours says in its head; all that the script imports is asked for at once,
    not one layer of imports after the other."""

    def at(path: Path) -> str:
        return f"explorer/page/{path.relative_to(ASSETS).as_posix()}"

    return [
        style(),
        *(f'<link rel="stylesheet" href="{at(path)}">' for path in styles),
        f'<script src="{at(PLOTLY)}" defer></script>',
        f'<script type="module" src="{at(script)}"></script>',
        *(f'<link rel="modulepreload" href="{at(path)}">' for path in needed(script)),
    ]


@cache
def folder_index() -> str:
    """The index of a folder in which our scripts lie at explorer/page."""
    return filled(head=head(SHELL / "main.js", STYLES), pages=map(section, PAGES))


@cache
def whole_file() -> str:
    """The Explore page as one file without its data, which takes the place of `<!-- data -->`."""
    imports = json.dumps({"imports": {bare(path): data_url(inner(path)) for path in modules()}})
    lines = [
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        style(),
        *(f"<style>\n{path.read_text('utf-8')}</style>" for path in STYLES),
        f'<script src="{data_url(PLOTLY.read_text("utf-8"))}"></script>',
        f'<script type="importmap">{imports}</script>',
        f'<script type="module">import "{bare(SHELL / "main.js")}";</script>',
    ]
    text = filled(head=lines, pages=[section("explore")])
    return text.replace('<body class="static">', '<body class="static alone">', 1)


def filled(**slots: Iterable[str]) -> str:
    """The shell's own page with the lines that belong in the place of `<!-- slot -->`."""
    text = skeleton("offline/index.html")
    for slot, lines in {"links": map(skeleton, ("links/links.html", "present/present.html")), **slots}.items():
        text = text.replace(f"<!-- {slot} -->", "\n".join(lines), 1)
    return text


def section(name: str) -> str:
    title, parts = PAGES[name]
    start = f'<section id="{name}" role="tabpanel" aria-labelledby="tab-{name}" data-title="{title}">'
    return "\n".join((start, *map(skeleton, parts), "</section>"))


def modules() -> list[Path]:
    return sorted(path for path in ASSETS.rglob("*.js") if path != PLOTLY)


def needed(path: Path) -> list[Path]:
    """A script and all that it imports, directly or not."""
    found: list[Path] = []

    def visit(path: Path) -> None:
        if path not in found:
            found.append(path)
            for _, name in IMPORT.findall(path.read_text("utf-8")):
                visit((path.parent / name).resolve())

    visit(path)
    return found


def bare(path: Path) -> str:
    """The name under which one file knows a script."""
    return f"explorer/{path.relative_to(ASSETS).as_posix()}"


def inner(path: Path) -> str:
    """A script whose imports are bare names: a script in a data: URL has no place to be relative to."""

    def renamed(found: re.Match) -> str:
        return f'{found[1]}"{bare((path.parent / found[2]).resolve())}";'

    return IMPORT.sub(renamed, path.read_text("utf-8"))


def data_url(script: str) -> str:
    """A script as an address: nothing in it can end the element that it stands in."""
    return f"data:text/javascript;base64,{base64.b64encode(script.encode()).decode()}"
