"""The whole app as on a ZeroGPU Space: chains of a model on offer are computed in forked processes, burst by burst."""

import sys
from collections.abc import Iterator

import pytest
from conftest import ROOT, Visit, free_port, served
from playwright.sync_api import Browser
from tiny_models import save_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model with room for the page's prompt and run."""
    return str(save_model(tmp_path_factory.mktemp("gpt2"), "gpt2", n_positions=512))


@pytest.fixture(scope="module")
def own_address(folder: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, log = free_port(), tmp_path_factory.mktemp("zero-gpu") / "log"
    command = [sys.executable, "app.py", "--port", str(port), "--model", folder]
    yield from served(command, port, log, SPACES_ZERO_GPU="true", PYTHONPATH=str(ROOT / "tests" / "zero_gpu"))


def test_a_run_in_bursts_and_its_samples(browser: Browser, own_address: str, folder: str):
    visit = Visit(browser.new_page(), own_address).open()
    visit.run_to_end()
    assert visit.store("s.moments.filter((m) => m.kind === 'step').length") > 3
    assert visit.store("s.samples.length") > 0
    assert visit.store("s.run.model") == folder
    assert not visit.complaints
    visit.page.close()


def test_alpha_moves_in_mid_run(browser: Browser, own_address: str):
    visit = Visit(browser.new_page(), own_address).open()
    visit.run(speed="20")
    visit.dial("alpha", "2")
    visit.until("s.moments.some((m) => m.kind === 'step' && m.alpha === 2)")
    assert visit.store("s.moments.find((m) => m.kind === 'step').alpha") == 4
    assert not visit.complaints
    visit.page.close()
