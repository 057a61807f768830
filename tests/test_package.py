"""The sampler as a package of its own: its pins are the project's, its list of rooms is complete."""

import tomllib
from pathlib import Path

import pytest

from sampler.models import loading
from sampler.models.registry import open_model

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = tomllib.loads((ROOT / "sampler" / "pyproject.toml").read_text())


def test_the_package_pins_what_the_project_pins():
    pins = set((ROOT / "requirements.txt").read_text().split())
    assert PACKAGE["project"]["dependencies"] and set(PACKAGE["project"]["dependencies"]) <= pins


def test_the_package_has_every_room():
    rooms = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "sampler").rglob("__init__.py")}
    assert set(PACKAGE["tool"]["setuptools"]["packages"]) == rooms


def test_an_embedded_model_that_was_not_installed_is_refused_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(loading, "SHIPPED", tmp_path)
    with pytest.raises(ValueError, match="'classroom' could not be loaded: it comes with the whole repository"):
        open_model("classroom")
