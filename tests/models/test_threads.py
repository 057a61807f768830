"""A program sets its threads by its model; loading a model leaves them alone."""

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits
from tiny_models import folder_of, loaded

from sampler.models import threads
from sampler.models.registry import open_model


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def as_before():
    before = torch.get_num_threads()
    with threadpool_limits(2, user_api="blas"):
        yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_loading_changes_nothing_for_the_process(kind, number):
    torch.set_num_threads(number)
    model = open_model(str(folder_of(kind)), device="cpu")
    model.next_logprobs([(1, 2, 3)])
    assert (torch.get_num_threads(), blas_threads()) == (number, {2})


@pytest.mark.parametrize(("seconds", "chosen"), [({1: 1.0, 2: 0.9}, 1), ({1: 1.0, 2: 0.6}, 2), ({1: 1.0, 2: 9.0}, 1)])
def test_a_model_gets_more_threads_only_where_they_are_clearly_faster(monkeypatch, seconds, chosen):
    def timed(module, number):
        torch.set_num_threads(number)
        return seconds[number]

    monkeypatch.setattr(threads, "DEFAULT_THREADS", 2)
    monkeypatch.setattr(threads, "_seconds", timed)
    threads.settle_threads(loaded("gpt2"))
    assert (torch.get_num_threads(), blas_threads()) == (chosen, {1})
