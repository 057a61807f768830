"""The shape of the code, read from its source: one test a rule, and each lists everything that breaks it."""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A room imports from itself and from the rooms before it.
ORDER = (
    *("sampler.core", "sampler.models", "sampler.methods", "sampler.trace", "sampler.exact", "sampler.classroom"),
    *("sampler", "explorer.analysis", "explorer.views", "explorer.page", "explorer", "app"),
)

# The packages of others that a room may use. A light module of a heavy room has its own line; the longest name counts.
HUGGING_FACE = {"numpy", "torch", "transformers"}
PACKAGES = {
    "sampler": {"numpy", "tqdm"},
    "sampler.core": {"numpy"},
    "sampler.models": {*HUGGING_FACE, "tokenizers", "huggingface_hub", "threadpoolctl"},
    "sampler.models.contract": {"numpy"},
    "sampler.models.table": {"numpy"},
    "sampler.methods": {"numpy"},
    "sampler.trace": {"numpy", "pandas", "pydantic", "pydantic_core"},
    "sampler.exact": {"numpy", "scipy"},
    "sampler.classroom": {*HUGGING_FACE, "tokenizers", "tqdm", "scipy"},
    "explorer.analysis": {"numpy", "pandas", "scipy", "arviz_stats"},
    "explorer.views": {"plotly"},
    "explorer.page": {"gradio", "plotly", "anyio", "starlette", "tqdm", "spaces", "psutil", "pydantic"},
    "explorer": set(),
    "app": set(),
}

# What a room may not see although it stands below: pictures are made from rows, never from a model.
HIDDEN = {
    "explorer.analysis": ("sampler.models", "explorer.page"),
    "explorer.views": ("sampler.models", "sampler.methods", "sampler.classroom"),
    "app": ("sampler", "explorer.analysis", "explorer.views"),
}

Sources = dict[str, str]


def sources() -> Sources:
    """The text of each of our Python modules by its full name; a package has the name of its folder."""
    paths = [*(path for room in ("sampler", "explorer") for path in (ROOT / room).rglob("*.py")), ROOT / "app.py"]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return {name: path.read_text() for name, path in zip(names, paths, strict=True)}


@cache
def tree(source: str) -> ast.Module:
    return ast.parse(source)


def imports(source: str, modules: Sources) -> set[str]:
    """Full names of the modules that a source imports, at any depth of its code."""
    names = set()
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = (f"{node.module}.{alias.name}" for alias in node.names)
            names |= {name if name in modules else str(node.module) for name in whole}
    return names


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def room_of(module: str, rooms=ORDER) -> str:
    """The longest name in a table that is the module or a package around it."""
    return max((room for room in rooms if within(module, room)), key=len, default="")


def our_imports(modules: Sources) -> Iterator[tuple[str, str]]:
    for module, source in modules.items():
        yield from ((module, name) for name in sorted(imports(source, modules)) if room_of(name))


def names_in(source: str) -> Iterator[str]:
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name.split(".")[-1]


# ---- the rules: each yields what breaks it


def upward_imports(modules: Sources) -> Iterator[str]:
    place = ORDER.index
    for module, name in our_imports(modules):
        if place(room_of(name)) > place(room_of(module)):
            yield f"{module} imports {name}, which stands above it"


def cycles(modules: Sources) -> Iterator[str]:
    graph: dict[str, set[str]] = {}
    for module, name in our_imports(modules):
        graph.setdefault(module, set()).add(name)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield " imports ".join(reversed(error.args[1]))


def foreign_packages(modules: Sources) -> Iterator[str]:
    for module, source in modules.items():
        used = {name.split(".")[0] for name in imports(source, modules) if not room_of(name)}
        for name in sorted(used - sys.stdlib_module_names - PACKAGES[room_of(module, PACKAGES)]):
            yield f"{module} may not use {name}"


def hidden_imports(modules: Sources) -> Iterator[str]:
    for module, name in our_imports(modules):
        if any(within(name, room) for room in HIDDEN.get(room_of(module), ())):
            yield f"{module} may not see {name}"


def generating(modules: Sources) -> Iterator[str]:
    """`generate` changes the target by its defaults (METHOD.md, section 4); only sampler.models opens a network."""
    for module, source in modules.items():
        for name in sorted(set(names_in(source))):
            if name == "generate" or (name.startswith("AutoModel") and not within(module, "sampler.models")):
                yield f"{module} names {name}"


def files_touched(modules: Sources) -> Iterator[str]:
    for module, source in modules.items():
        if room_of(module) in ("explorer.analysis", "explorer.views"):
            touched = {"open", "Path", "read_text", "write_text", "to_csv"} & set(names_in(source))
            yield from (f"{module} names {name}" for name in sorted(touched))


def vague_names(modules: Sources) -> Iterator[str]:
    vague = {"utils", "util", "helpers", "common", "misc", "types", "tools"}
    yield from (module for module in modules if module.split(".")[-1] in vague)


def long_files(modules: Sources) -> Iterator[str]:
    scripts = (path for path in (ROOT / "assets" / "page").rglob("*.js") if path.parent.name != "vendor")
    texts = modules | {str(path.relative_to(ROOT)): path.read_text() for path in scripts}
    for name, text in texts.items():
        if (lines := len(text.splitlines())) > 400:
            yield f"{name} has {lines} lines"


def long_functions(modules: Sources) -> Iterator[str]:
    for module, source in modules.items():
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        for node in (node for node in ast.walk(tree(source)) if isinstance(node, kinds)):
            if (lines := (node.end_lineno or 0) - node.lineno + 1) > 60:
                yield f"{module}.{node.name} has {lines} lines"


def test_imports_go_downward():
    assert list(upward_imports(sources())) == []


def test_no_modules_import_each_other_in_a_circle():
    assert list(cycles(sources())) == []


def test_packages_stay_in_their_rooms():
    assert list(foreign_packages(sources())) == []


def test_rooms_see_only_what_they_may():
    assert list(hidden_imports(sources())) == []


def test_one_room_opens_networks_and_none_generates():
    assert list(generating(sources())) == []


def test_analysis_and_views_touch_no_files():
    assert list(files_touched(sources())) == []


def test_modules_are_named_for_what_they_contain():
    assert list(vague_names(sources())) == []


def test_no_file_is_longer_than_400_lines():
    assert list(long_files(sources())) == []


def test_no_function_is_longer_than_60_lines():
    assert list(long_functions(sources())) == []


@pytest.mark.parametrize(
    ("module", "source", "rule"),
    [
        ("sampler.core.power", "from sampler.methods import run", upward_imports),
        ("sampler.methods.run", "def f():\n    import explorer.views.figure", upward_imports),
        ("sampler.exact.pivots", "from sampler import Trace", upward_imports),
        ("sampler.core.records", "from sampler.core.kernel import write", cycles),
        ("sampler.core.kernel", "import torch", foreign_packages),
        ("explorer.views.figure", "import gradio as gr", foreign_packages),
        ("explorer.analysis.moments", "from sampler.models import table", hidden_imports),
        ("app", "import sampler.trace.trace", hidden_imports),
        ("sampler.methods.run", "from transformers import AutoModel", generating),
        ("sampler.models.causal_lm", "model.generate(ids)", generating),
        ("explorer.views.figure", "open('x')", files_touched),
        ("sampler.utils", "", vague_names),
        ("sampler.core.power", "\n" * 401, long_files),
        ("sampler.core.power", "def f():" + "\n    1" * 60, long_functions),
    ],
)
def test_a_broken_rule_is_seen(module: str, source: str, rule: Callable[[Sources], Iterator[str]]):
    violations = list(rule(sources() | {module: source}))
    assert any(module in violation for violation in violations)
