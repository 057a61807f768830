"""What all tests share: no test may reach a model hub, and those of the page go to a process a file at a time."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # on a busy machine the threads of a tiny model wait
    os.environ.setdefault(threads, "1")

# The same examples in every run, so that a red test is red for everybody. A patch may last over all examples of a test.
PATCHES = HealthCheck.function_scoped_fixture
settings.register_profile("ci", max_examples=60, derandomize=True, deadline=None, suppress_health_check=[PATCHES])
settings.load_profile("ci")


class BrowserByFile(LoadScopeScheduling):
    """Tests of the page go to a process a file at a time: the app and the browser started there serve all its files."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith("tests/browser/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BrowserByFile:
    return BrowserByFile(config, log)
