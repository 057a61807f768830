"""What the server would answer about recorded runs and worlds, computed beforehand for a page without a server."""

from typing import Any

import anyio

from explorer.page import library
from explorer.page.explore import diagnostics
from explorer.page.explore.replay import Replays
from explorer.page.explore.session import Session
from explorer.page.explore.target import Run, finished_run, target_of
from explorer.page.library import Models
from explorer.page.tree import answers as tree
from explorer.page.tree.whole_runs import KERNELS, Batch
from explorer.page.tree.worlds import BY_ID, World
from explorer.page.wire.contract import Chains

Answers = dict[str, Any]
ALPHAS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)  # of replays and of the block dial
CHAINS = (1, 4)  # that the drawer of diagnostics may ask for
ALPHA = 4.0  # of trees and whole runs
RUNS = 100  # of a kernel, at most


def run_answers(preset_id: str, models: Models) -> Answers:
    """A recorded run as its packet, its certified target, alternatives by position, replays, and diagnostics."""
    session = Session()
    session.open_recorded(*library.recorded(preset_id))
    session.run_id = preset_id
    return {
        "packet": session.snapshot(),
        **target_answers(finished_run(session, preset_id), models),
        "replays": replay_rows(session, models),
        "diagnoses": {str(chains): diagnosed(session, chains, models) for chains in CHAINS},
    }


def target_answers(run: Run, models: Models) -> Answers:
    """All that is ever told of p^alpha under a run."""
    target = target_of(run, models)
    *_, told = target.told(run)
    rows = {str(i): {"rows": target.alternatives_at(run, i)} for i in range(len(run.token_ids))}
    return {"target": told, "alternatives": rows}


def replay_rows(session: Session, models: Models) -> list[Answers]:
    """The run at each of ALPHAS but its own."""
    started = session.trace.started
    replays = Replays().of(session.trace, models.exactly(started.model_name, started.model_revision).fresh())
    return [replays.at(alpha) for alpha in ALPHAS if alpha != started.settings.alpha]


def diagnosed(session: Session, chains: int, models: Models) -> Answers:
    """The last rows of the drawer of diagnostics."""

    async def last() -> Answers:
        found = {}
        async for content in diagnostics.answered(models, session.trace, chains):
            found |= content
        return found["rows"]

    return anyio.run(last)


def world_answers(world_id: str, models: Models) -> Answers:
    """A world of the Tree page as it opens: its tree, whole runs of every kernel, and the dial at each of ALPHAS."""
    world = BY_ID[world_id]
    values = {"world": world_id, **{field.name: field.value for field in world.fields}}
    packet = tree.planted_tree(values, ALPHA, models)
    runs = {kernel: whole_runs(values, world, packet["tree"]["length"], kernel, models) for kernel in KERNELS}
    return {"packet": packet, "runs": runs, "dials": [tree.dial_rows(values, alpha, models) for alpha in ALPHAS]}


def whole_runs(values: Answers, world: World, length: int, kernel: str, models: Models) -> Answers:
    """Runs of a kernel as the world starts with, the whole completion being one block."""
    number = min(world.runs, RUNS)
    batch = Batch(Chains(values, kernel, number, world.steps, ALPHA, None, length, "block", 0), models)
    while not batch.is_over:
        batch.advance()
    return batch.summary()


def checks() -> Answers:
    """The self-test's rows."""
    *_, told = tree.checks_told()
    return told | {"sentence": f"Recorded when these files were made: {told['sentence']}"}
