"""Threads of a program that serves one model, such as the page or the command line; a library leaves them alone."""

import time

import torch
from threadpoolctl import threadpool_limits
from transformers import PreTrainedModel

from sampler.models.contract import LanguageModel

GAIN = 1.2  # by which more threads must be faster than one
TRIALS = 4  # steps timed at each number of threads
DEFAULT_THREADS = torch.get_num_threads()  # what torch chose by itself


def settle_threads(model: LanguageModel) -> None:
    """Set NumPy's threads to one, and torch's to what suits this model: one, unless more are clearly faster.

    The threads of a small product wait for each other, on a busy machine for long. Torch's setting holds for this
    thread and those started later.
    """
    threadpool_limits(1, user_api="blas")
    module = getattr(model, "module", None)
    if module is None:
        return
    torch.set_num_threads(DEFAULT_THREADS)
    is_cpu = module.device.type == "cpu"
    if is_cpu and DEFAULT_THREADS > 1 and _seconds(module, 1) < GAIN * _seconds(module, DEFAULT_THREADS):
        torch.set_num_threads(1)


@torch.inference_mode()
def _seconds(module: PreTrainedModel, threads: int) -> float:
    """The quickest of a few steps of one token with so many threads, which stay set."""
    torch.set_num_threads(threads)
    ids, times = torch.zeros((1, 1), dtype=torch.long), []
    for _ in range(TRIALS):
        start = time.perf_counter()
        module(input_ids=ids, use_cache=False)
        times.append(time.perf_counter() - start)
    return min(times)
