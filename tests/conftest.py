"""What all tests share: no test reaches a model hub, those of the page come last, and a failure is said at once."""

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the page come last: Playwright leaves a loop running in the thread that started it."""
    items.sort(key=lambda item: item.nodeid.startswith("tests/browser/"))


class FailuresAtOnce:
    """Writes each failure when it happens, since a run that is cut off never comes to its summary."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            told = f"\n{report.nodeid} ({report.when}, {report.duration:.0f} s)\n{report.longreprtext}"
            self.config.get_terminal_writer().line(told)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailuresAtOnce(config))


class BrowserByFile(LoadScopeScheduling):
    """Tests of the page go to a process a file at a time: the app and the browser started there serve all its files."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith("tests/browser/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BrowserByFile:
    return BrowserByFile(config, log)
