"""A stand-in for the package of ZeroGPU Spaces: as there, a decorated function runs in a forked process, on pickled
arguments, in a thread of its own, and what it says comes back pickled. Here each call has a new process."""

import faulthandler
import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from multiprocessing import get_context

import gradio as gr

FORK = get_context("fork")


def GPU(task: Callable) -> Callable:
    @wraps(task)
    def lent(*arguments: object) -> object:
        if os.environ.get("NO_QUOTA_LEFT"):
            raise gr.Error("You have exceeded your GPU quota")
        asked, (here, there) = pickle.dumps(arguments), FORK.Pipe()
        child = FORK.Process(target=answer, args=(task, asked, there), daemon=True)
        child.start()
        there.close()
        try:
            return pickle.loads(here.recv_bytes())
        except EOFError:
            raise gr.Error("GPU task aborted") from None
        finally:
            child.join()

    return lent


def answer(task: Callable, asked: bytes, there) -> None:
    faulthandler.dump_traceback_later(120, exit=True)  # a fork may find locks held for ever by threads it lacks
    with ThreadPoolExecutor(1) as pool:  # a thread that no pool of the parent's belongs to
        there.send_bytes(pickle.dumps(pool.submit(task, *pickle.loads(asked)).result()))
