"""Computing a chain for a browser: one event at a time in a worker thread, at the speed asked for."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

from anyio import to_thread

from explorer.page.explore.session import Session
from explorer.page.serving.sharing import RUNS, recorded_elsewhere
from explorer.page.serving.zero_gpu import NoGPU
from sampler.core.records import BlockStarted, Event, RunEnded, SampleDrawn, StepTaken

LONGEST_STREAM = 600  # seconds; Play goes on with a new stream
PACKETS_PER_SECOND = 20  # at full speed several steps travel together
LOOK_EVERY = 0.5  # seconds between two looks at the line


async def stream(session: Session, goal: str) -> AsyncIterator[dict[str, Any]]:
    """What comes of a living chain until the goal is reached or the chain ends: one event a turn."""
    with RUNS.place() as number:
        while ahead := number():
            place = f"{RUNS.most} runs are being computed; yours is number {ahead} in line."
            yield session.delta(place, elsewhere=recorded_elsewhere())
            await asyncio.sleep(LOOK_EVERY)
        started, sent = time.monotonic(), 0.0
        while session.can_continue and time.monotonic() - started < LONGEST_STREAM:
            began = time.monotonic()
            try:
                event = await to_thread.run_sync(session.advance, limiter=session.limiter)
            except NoGPU as error:
                session.abandon()
                yield session.delta(f"ZeroGPU computes no more: {error}. The steps so far are kept.", idle=True)
                return
            except (RuntimeError, MemoryError) as error:  # what torch raises when a machine is too small
                logging.exception("a chain failed")
                session.abandon()
                yield session.delta(f"The model failed ({type(error).__name__}); the steps so far are kept.", idle=True)
                return
            if is_reached(goal, event, session):
                break
            if session.speed and isinstance(event, StepTaken | BlockStarted):
                yield session.delta()
                await asyncio.sleep(max(0.0, 1 / session.speed - (time.monotonic() - began)))
            elif time.monotonic() - sent > 1 / PACKETS_PER_SECOND:
                sent = time.monotonic()
                is_sampling = isinstance(event, RunEnded | SampleDrawn)
                yield session.delta("The chain has ended; drawing temperature samples." if is_sampling else "")
    is_over = session.is_over and not session.can_continue
    yield session.delta("The run has ended." if is_over else "", idle=True)


def is_reached(goal: str, event: Event | None, session: Session) -> bool:
    """Whether an event (None after the last) is a goal: a step, or the end of a block or of the run."""
    if goal == "step":
        return isinstance(event, StepTaken | BlockStarted)
    if isinstance(event, StepTaken):
        return goal == "block" and event.step.step == session.trace.started.settings.steps_per_block - 1
    return goal == "block" and (event is None or isinstance(event, RunEnded))
