"""The shape of the code, read from its source: who imports whom, names, sizes, docstrings, and the README's tree."""

import ast
import statistics
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("sampler", "explorer")

# Each may import only what stands before it: model, kernel, trace, analysis, view, page.
ORDER = (
    *("sampler.core.records", "sampler.core.power", "sampler.core.draws", "sampler.core.kernel"),
    *("sampler.models.contract", "sampler.models.table", "sampler.models.own_tree", "sampler.models.lock_step"),
    *("sampler.models.pieces", "sampler.models.prefix_cache", "sampler.models.token_tree", "sampler.models.packing"),
    *("sampler.models.guesses", "sampler.models.lean", "sampler.models.loading", "sampler.models.causal_lm"),
    *("sampler.methods.early_rejection", "sampler.methods.speed"),
    *("sampler.methods.ledger", "sampler.methods.chain", "sampler.methods.run"),
    *("sampler.trace.format", "sampler.trace.trace", "sampler.trace.verify", "sampler.trace.summary"),
    *("sampler.exact.wrong_kernels", "sampler.exact.enumeration", "sampler.exact.best_first"),
    *("sampler.exact.certified", "sampler.exact.prefix_tree"),
    *("sampler.exact.rollouts", "sampler.exact.pivots"),
    *("sampler.exact.block_dial", "sampler.exact.selftest"),
    *("sampler.classroom", "sampler.options", "sampler.__main__"),
    *("explorer.analysis", "explorer.views", "explorer.page", "explorer.static", "app"),
)

# The packages that each may use beside the standard library; the longest name that fits counts.
HUGGING_FACE = {"numpy", "torch", "transformers"}
PACKAGES = {
    "sampler": {"numpy"},
    "sampler.core.records": set(),
    "sampler.trace.trace": set(),
    "sampler.trace.format": set(),
    "sampler.trace.summary": set(),
    "sampler.models.guesses": set(),
    "sampler.models.pieces": {"transformers"},
    "sampler.models.prefix_cache": HUGGING_FACE,
    "sampler.models.token_tree": HUGGING_FACE,
    "sampler.models.packing": HUGGING_FACE,
    "sampler.models.lean": HUGGING_FACE | {"threadpoolctl"},
    "sampler.models.loading": HUGGING_FACE | {"huggingface_hub"},
    "sampler.models.causal_lm": HUGGING_FACE,
    "sampler.classroom": HUGGING_FACE | {"tokenizers", "tqdm"},
    "sampler.__main__": {"tqdm"},
    "explorer.analysis": {"numpy", "pandas"},
    "explorer.views": {"plotly"},
    "explorer.page": {"gradio", "plotly", "anyio", "starlette", "tqdm", "spaces"},
    "explorer.static": set(),
    "app": set(),
}

# What the upper rooms may see of ours; the page sees everything below it.
SIGHT = {
    "explorer.analysis": (
        *("explorer.analysis", "sampler.core.records", "sampler.trace.trace", "sampler.trace.format"),
        *("sampler.exact.certified", "sampler.exact.pivots", "sampler.exact.rollouts"),
        *("sampler.classroom.results", "sampler.classroom.statistics"),
    ),
    "explorer.views": ("explorer.views", "explorer.analysis"),
    "app": ("explorer.page",),
}

SOURCES = [*sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")), ROOT / "app.py"]
SCRIPTS = sorted(path for path in (ROOT / "assets" / "page").rglob("*.js") if path.parent.name != "vendor")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in SOURCES}
every_module = pytest.mark.parametrize("module", MODULES)


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text())


def imports(module: str) -> set[str]:
    """Full names of the modules that a module imports, at any depth of its code."""
    found = set()
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively; say the whole name"
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            found |= {name if name in MODULES else node.module for name in names}
    return found


def fitting(module: str, table) -> str | None:
    """The longest name in a table that is the module or a package around it."""
    names = [name for name in table if module == name or module.startswith(f"{name}.")]
    return max(names, key=len, default=None)


def is_ours(module: str) -> bool:
    return module.split(".")[0] in (*ROOMS, "app")


def visible(node: ast.AST) -> bool:
    return not getattr(node, "name", "_").startswith("_")


@every_module
def test_imports_go_downward_only(module):
    own = fitting(module, ORDER)
    if MODULES[module].name == "__init__.py":
        assert not imports(module), f"{module} is only a name; it imports nothing"
        return
    assert own, f"{module} has no place in ORDER; give it one"
    for name in filter(is_ours, imports(module)):
        other = fitting(name, ORDER)
        assert other, f"{module} imports {name}, which has no place in ORDER"
        assert other == own or ORDER.index(other) < ORDER.index(own), f"{module} imports {name}, which stands above it"


@every_module
def test_packages_stay_in_their_rooms(module):
    foreign = {name.split(".")[0] for name in imports(module) if not is_ours(name)} - sys.stdlib_module_names
    allowed = PACKAGES[fitting(module, PACKAGES) or "app"]
    assert foreign <= allowed, f"{module} may not import {sorted(foreign - allowed)}"


@every_module
def test_upper_rooms_see_only_what_they_may(module):
    room = fitting(module, SIGHT)
    if room:
        seen = filter(is_ours, imports(module))
        hidden = sorted(name for name in seen if not fitting(name, SIGHT[room]))
        assert not hidden, f"{module} may not see {hidden}"


def names_in(module: str) -> Iterator[str]:
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name.split(".")[-1]


@every_module
def test_one_file_loads_models_and_none_generates(module):
    """`generate` changes the target by its defaults (METHOD.md, section 4)."""
    names = set(names_in(module))
    assert "generate" not in names
    assert module == "sampler.models.loading" or not any(name.startswith("AutoModel") for name in names)
    assert (
        module in ("sampler.models.causal_lm", "sampler.models.prefix_cache", "sampler.models.token_tree")
        or "DynamicCache" not in names
    )


@every_module
def test_analysis_and_views_touch_no_files(module):
    if fitting(module, ("explorer.analysis", "explorer.views")):
        assert not {"open", "Path", "read_text", "write_text", "to_csv"} & set(names_in(module))


@every_module
def test_modules_are_named_for_what_they_hold(module):
    assert module.split(".")[-1] not in {"utils", "util", "helpers", "common", "misc", "types", "tools"}


@pytest.mark.parametrize("path", SOURCES + SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path):
    assert len(path.read_text().splitlines()) <= 400


def function_lengths() -> dict[str, int]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [(module, node) for module in MODULES for node in ast.walk(parsed(module)) if isinstance(node, kinds)]
    return {f"{module}.{node.name}, line {node.lineno}": node.end_lineno - node.lineno + 1 for module, node in nodes}


def test_functions_are_short():
    lengths = function_lengths()
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert statistics.median(lengths.values()) <= 10


def protocol_methods() -> set[str]:
    """Methods whose contract a Protocol has already written down."""
    classes = [node for module in MODULES for node in ast.walk(parsed(module)) if isinstance(node, ast.ClassDef)]
    protocols = [node for node in classes if any(getattr(base, "id", "") == "Protocol" for base in node.bases)]
    return {item.name for node in protocols for item in node.body if isinstance(item, ast.FunctionDef)}


def undocumented(module: str) -> Iterator[str]:
    """Public classes and functions without a docstring, and such methods of more than one statement."""
    if not ast.get_docstring(parsed(module)):
        yield module
    exempt = protocol_methods()
    for node in filter(visible, parsed(module).body):
        if not ast.get_docstring(node):
            yield f"{module}.{node.name}"
        for item in filter(visible, getattr(node, "body", []) if isinstance(node, ast.ClassDef) else []):
            if len(item.body) > 1 and item.name not in exempt and not ast.get_docstring(item):
                yield f"{module}.{node.name}.{item.name}"


@every_module
def test_public_names_have_docstrings(module):
    assert list(undocumented(module)) == []


# ---- the rules themselves can fail


@pytest.fixture
def pretended(monkeypatch, tmp_path):
    """A module of a given name and source, instead of the one that is there."""

    def pretend(module: str, source: str) -> str:
        path = tmp_path / "pretended.py"
        path.write_text(source)
        monkeypatch.setitem(MODULES, module, path)
        parsed.cache_clear()
        return module

    yield pretend
    parsed.cache_clear()


@pytest.mark.parametrize(
    ("module", "source", "rule"),
    [
        ("sampler.core.power", "from sampler.core import kernel", test_imports_go_downward_only),
        ("sampler.core.kernel", "from sampler.methods import run", test_imports_go_downward_only),
        ("sampler.methods.run", "import explorer.views.figure", test_imports_go_downward_only),
        ("sampler.novelty", "", test_imports_go_downward_only),
        ("sampler.core.kernel", "import torch", test_packages_stay_in_their_rooms),
        ("sampler.trace.trace", "import numpy as np", test_packages_stay_in_their_rooms),
        ("explorer.views.figure", "import gradio as gr", test_packages_stay_in_their_rooms),
        ("explorer.analysis.moments", "from sampler.methods import run", test_upper_rooms_see_only_what_they_may),
        ("sampler.methods.run", "from transformers import AutoModel", test_one_file_loads_models_and_none_generates),
        ("sampler.models.causal_lm", "model.generate(ids)", test_one_file_loads_models_and_none_generates),
        ("explorer.views.figure", "open('x')", test_analysis_and_views_touch_no_files),
        ("sampler.utils", "", test_modules_are_named_for_what_they_hold),
        ("sampler.core.power", "def _f():\n    return 1", test_public_names_have_docstrings),
        ("sampler.core.power", "'Maths.'\ndef f():\n    return 1", test_public_names_have_docstrings),
        ("sampler.core.power", "'Maths.'\nclass A:\n 'A.'\n def f(self):\n  1\n  2", test_public_names_have_docstrings),
    ],
)  # fmt: skip
def test_a_broken_rule_is_seen(pretended, module, source, rule):
    with pytest.raises(AssertionError):
        rule(pretended(module, source))
