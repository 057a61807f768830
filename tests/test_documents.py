"""What the documents say is true: links and sections exist, commands parse, code runs, limits are the code's."""

import argparse
import ast
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import app
from explorer.page.compare.evaluation import MOST_PROBLEMS
from explorer.page.controls import MAX_BLOCK_SIZE, MAX_BLOCKS, MAX_STEPS
from explorer.page.explore.diagnostics import MOST_CHAINS
from explorer.page.explore.session import MAX_SAMPLES
from explorer.page.explore.uploads import MOST_CHARACTERS
from explorer.page.serving.gate import MOST_UPLOAD
from explorer.page.serving.sharing import recorded_elsewhere
from explorer.page.tree.worlds import BY_ID
from sampler import Trace
from sampler.core import kernel
from sampler.core.records import MAX_PROMPT

ROOT = Path(__file__).parents[1]
TRACKED = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
FILES = [ROOT / name for name in TRACKED.stdout.splitlines() if (ROOT / name).is_file()]
DOCUMENTS = {str(file.relative_to(ROOT)): file.read_text() for file in FILES if file.suffix == ".md"}
SOURCES = {
    str(file.relative_to(ROOT)): file.read_text()
    for file in FILES
    if file.suffix in {".py", ".js", ".html", ".css", ".md"} and "vendor" not in file.parts
}
EXPLORER = DOCUMENTS["explorer/README.md"]
LIMITS = [
    f"{MAX_PROMPT} characters",
    f"{MAX_BLOCK_SIZE} tokens x {MAX_BLOCKS} blocks, {MAX_STEPS} steps a block",
    f"{MOST_CHAINS} chains, {MAX_SAMPLES} temperature samples",
    f"{BY_ID['own'].most_runs} runs, {BY_ID['network'].most_runs} on a network",
    f"{MOST_PROBLEMS} problems a task",
    f"{MOST_UPLOAD // 2**20} MB, {MOST_CHARACTERS // 10**6} million characters unpacked",
]


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a document in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """What a link to a heading of this document may be called, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_room_has_a_readme():
    rooms = {file.parent for file in FILES if file.name == "__init__.py" and len(file.relative_to(ROOT).parts) <= 3}
    rooms |= {ROOT, ROOT / "tests", *(ROOT / "assets" / name for name in ("page", "models", "results"))}
    assert [str(room) for room in sorted(rooms) if not (room / "README.md").is_file()] == []


def test_every_file_in_the_table_of_a_room_exists():
    named = [
        (name, file)
        for name, text in DOCUMENTS.items()
        for cells in re.findall(r"^\| (`[\w./]+`(?:, `[\w./]+`)*) \|", text, flags=re.MULTILINE)
        for file in re.findall(r"`([\w./]+(?:\.\w+|/))`", cells)
    ]
    assert len(named) > 80
    assert [(name, file) for name, file in named if not ((ROOT / name).parent / file).exists()] == []


def test_every_section_of_method_md_that_is_cited_exists():
    sections = set(re.findall(r"^## (\d+)\. ", DOCUMENTS["sampler/METHOD.md"], flags=re.MULTILINE))
    cited = [
        (name, number)
        for name, text in SOURCES.items()
        for numbers in re.findall(r"METHOD\.md\)?,?\s+sections?\s+(\d+(?:(?:, | and )\d+)*)", text)
        for number in re.findall(r"\d+", numbers)
    ]
    assert len(cited) > 15
    assert [(name, number) for name, number in cited if number not in sections] == []


def test_every_relative_link_leads_to_a_file_and_a_heading():
    broken = []
    for name, text in DOCUMENTS.items():
        for target in re.findall(r"\]\((?!https?://)([^)\s]*)\)", text):
            path, _, anchor = target.partition("#")
            there = ((ROOT / name).parent / path).resolve() if path else ROOT / name
            if not there.exists() or (anchor and anchor not in anchors(there.read_text())):
                broken.append(f"{name}: {target}")
    assert broken == []


def test_no_file_cites_what_lies_outside_the_repository():
    outside = r"/work/|\.\./shared|shared/(?:design|method|reviews|cases)|(?<!\w)method\.md|issue #\d"
    cited = {name: re.findall(outside, text) for name, text in SOURCES.items() if name != "tests/test_documents.py"}
    assert {name: found for name, found in cited.items() if found} == {}


def commands() -> list[str]:
    """Every `python …` line of the documents, its variables and comments aside."""
    lines = [line for text in DOCUMENTS.values() for block in blocks(text, "sh") for line in block.splitlines()]
    lines += [line for text in DOCUMENTS.values() for line in re.findall(r"`(python [^`]+)`", text)]
    parts = [part.strip() for line in lines for part in line.split("#")[0].split("&&")]
    return sorted({part for part in parts if part.startswith("python ")})


class Parsed(Exception):
    """Raised in place of a program's work once its command line has been parsed."""


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_documents_is_parsed(command, monkeypatch):
    words = shlex.split(command)[1:]
    if words[:2] in (["-m", "pytest"], ["-m", "http.server"]):
        return
    parse = argparse.ArgumentParser.parse_args

    def parse_only(parser: argparse.ArgumentParser, argv: list[str] | None = None) -> None:
        raise Parsed(parse(parser, argv))

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    is_module = words[0] == "-m"
    program, options = words[is_module], words[1 + is_module :]
    path = program.replace(".", "/") if is_module else program
    [source] = [file for file in (ROOT / path, ROOT / f"{path}.py", ROOT / path / "__main__.py") if file.is_file()]
    assert "parse_args(" in source.read_text(), "it would start to work at once, whatever its options"
    monkeypatch.setattr(sys, "argv", [program, *options])
    with pytest.raises(Parsed):
        runpy.run_module(program, run_name="__main__") if is_module else runpy.run_path(
            str(source), run_name="__main__"
        )


def bare(function: ast.FunctionDef) -> str:
    """A function without its docstring and annotations."""
    for part in ast.walk(function):
        if isinstance(part, ast.FunctionDef):
            part.returns = None
            part.body = part.body[1:] if ast.get_docstring(part) else part.body
        if isinstance(part, ast.arg):
            part.annotation = None
    return re.sub(r"^( +\w+): \w+ = ", r"\1 = ", ast.unparse(function), flags=re.MULTILINE)


def test_the_twenty_lines_of_the_readme_are_those_of_the_kernel():
    [listing] = [block for block in blocks(DOCUMENTS["README.md"], "python") if "yield" in block]
    shown = [part for part in ast.parse(listing).body if isinstance(part, ast.FunctionDef)]
    real = {part.name: part for part in ast.parse(Path(kernel.__file__).read_text()).body if hasattr(part, "name")}
    assert [part.name for part in shown] == ["revise", "write"]
    assert [bare(part) for part in shown] == [bare(real[part.name]) for part in shown]


def test_the_lines_for_python_give_a_trace_that_verifies(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    [listing] = [block for block in blocks(DOCUMENTS["README.md"], "python") if "yield" not in block]
    names: dict[str, Any] = {}
    exec(compile(listing, "README.md", "exec"), names)
    trace = names["trace"]
    assert isinstance(trace, Trace) and len(trace.steps()) >= 10 and trace.text in capsys.readouterr().out
    assert trace.verify(names["model"]).ok and any(len(series.x or ()) for series in names["figure"].data)
    assert Trace.load(tmp_path / "run.jsonl").text == trace.text


def test_the_fixed_limits_are_as_the_readme_tells():
    assert re.findall(r"^\| fixed \| \| (.*?) \|", EXPLORER, flags=re.MULTILINE) == LIMITS


def test_every_variable_of_the_app_is_in_the_readme():
    read = set(re.findall(r'env\("(\w+)"', (ROOT / "app.py").read_text()))
    assert read == {"EXPLORER_HOST", "EXPLORER_PORT", "EXPLORER_MODELS", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"}
    assert all(f"`{name}`" in EXPLORER for name in read)


def test_options_and_variables_do_what_the_readme_says(monkeypatch):
    for name, value in {"EXPLORER_HOST": "0.0.0.0", "EXPLORER_PORT": "81", "EXPLORER_MODELS": "a,b"}.items():
        monkeypatch.setenv(name, value)
    told = app.arguments([])
    assert (told.host, told.port, told.model) == ("0.0.0.0", 81, ["a", "b"])
    told = app.arguments(["--host", "::1", "--port", "82", "--model", "c", "--model", "d"])
    assert (told.host, told.port, told.model) == ("::1", 82, ["c", "d"])


def test_where_recorded_runs_are_is_an_address_or_nothing(monkeypatch, capsys):
    monkeypatch.delenv("EXPLORER_STATIC_URL", raising=False)
    assert recorded_elsewhere() == ""
    monkeypatch.setenv("EXPLORER_STATIC_URL", "https://example.org/a/?b=1")
    assert recorded_elsewhere() == "https://example.org/a/?b=1"
    for bad in ("javascript:alert(1)", "example.org", 'https://a"onclick=1', "https://a b"):
        monkeypatch.setenv("EXPLORER_STATIC_URL", bad)
        with pytest.raises(SystemExit) as end:
            app.arguments([])
        assert end.value.code == 2
        assert "EXPLORER_STATIC_URL must begin with http:// or https://, not" in capsys.readouterr().err
