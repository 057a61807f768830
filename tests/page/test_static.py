"""The folder of plain files: where it may be written, and what its answers are."""

import json

import pytest

from explorer import static
from explorer.page.library import Models
from explorer.page.offline import beforehand
from explorer.static import MARK, main, make_room

MODELS = Models([])


def test_a_new_and_an_empty_folder_are_taken(tmp_path):
    for folder in (tmp_path / "not" / "there", tmp_path / "empty"):
        folder.parent.mkdir(exist_ok=True)
        make_room(folder)
        assert [path.name for path in folder.iterdir()] == [MARK]


def test_a_build_of_its_own_is_replaced(tmp_path):
    make_room(tmp_path)
    (tmp_path / "explorer").mkdir()
    (tmp_path / "explorer" / "old.js").write_text("old")
    make_room(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [MARK]


@pytest.mark.parametrize("is_file", [False, True])
def test_anything_else_is_refused_in_one_sentence_and_kept(tmp_path, capsys, monkeypatch, is_file):
    monkeypatch.setattr(static, "files", lambda *_: pytest.fail("nothing may be computed"))
    kept = tmp_path / "letter.txt"
    kept.write_text("dear")
    with pytest.raises(SystemExit) as end:
        main(["--out", str(kept if is_file else tmp_path)])
    told = capsys.readouterr()
    assert end.value.code == 2 and told.out == ""
    assert told.err.startswith("python -m explorer.static: out must be") and told.err.count("\n") == 1
    assert kept.read_text() == "dear" and list(tmp_path.iterdir()) == [kept]


def test_every_written_path_stays_in_the_folder():
    names = [name for name, _ in static.files(MODELS, (), ())]
    assert {"index.html", "README.md", "explorer/opening.json", "explorer/recorded/runs.json"} <= set(names)
    assert not any(name.startswith("/") or ".." in name for name in names)


@pytest.mark.parametrize("world", ["paper", "endings"])
def test_a_worlds_runs_dial_and_tree_belong_together(world):
    told = beforehand.world_answers(world, MODELS)
    assert told["packet"]["world"]["world"] == world
    for kernel, runs in told["runs"].items():
        assert runs["n"] == sum(times for _, times in runs["counts"]) == beforehand.RUNS, kernel
        assert (runs["alpha"], runs["block_size"]) == (beforehand.ALPHA, told["packet"]["tree"]["length"])
    assert [dial["alpha"] for dial in told["dials"]] == list(beforehand.ALPHAS)
    here = next(d for d in told["dials"] if d["alpha"] == beforehand.ALPHA)
    bias = next(
        row["to_power"]
        for row in here["rows"]
        if row["scope"] == "block" and row["block_size"] == here["length"] and row["steps"] == 40
    )
    assert told["runs"]["right"]["bias"]["own"] == pytest.approx(bias, abs=1e-9)


def test_the_self_tests_rows_are_said_to_be_recorded():
    told = beforehand.checks()
    assert told["sentence"].startswith("Recorded when these files were made: ")
    assert len(told["rows"]) > 5 and all(row["passed"] for row in told["rows"])
    json.dumps(told, allow_nan=False)
