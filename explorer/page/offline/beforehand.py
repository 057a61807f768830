"""What the server would answer about recorded runs and worlds, computed beforehand for a page without a server."""

from typing import Any

import anyio

from explorer.page import library
from explorer.page.explore import diagnostics
from explorer.page.explore.replay import Replays
from explorer.page.explore.session import Session
from explorer.page.explore.target import finished_run, target_of
from explorer.page.library import Models
from explorer.page.tree import answers as tree
from explorer.page.tree.whole_runs import KERNELS, Batch
from explorer.page.tree.worlds import BY_ID
from explorer.page.wire.contract import Chains
from sampler.trace.trace import Trace

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
    run, started = finished_run(session, preset_id), session.trace.started
    target = target_of(run, models)
    *_, told = target.told(run)
    replays = Replays().of(session.trace, models.exactly(started.model_name, started.model_revision).fresh())
    return {
        "packet": session.snapshot(),
        "target": told,
        "alternatives": {str(i): {"rows": target.alternatives(run.token_ids[:i])} for i in range(len(run.token_ids))},
        "replays": [replays.at(alpha) for alpha in ALPHAS if alpha != started.settings.alpha],
        "diagnoses": {str(chains): anyio.run(diagnosed, models, session.trace, chains) for chains in CHAINS},
    }


async def diagnosed(models: Models, trace: Trace, chains: int) -> Answers:
    """The last rows of the drawer of diagnostics."""
    found = {}
    async for content in diagnostics.answered(models, trace, chains):
        found |= content
    return found["rows"]


def world_answers(world_id: str, models: Models) -> Answers:
    """A world of the Tree page as it opens: its tree, whole runs of every kernel as one block, the dial at ALPHAS."""
    world, runs = BY_ID[world_id], {}
    values = {"world": world_id, **{field.name: field.value for field in world.fields}}
    packet = tree.planted_tree(values, ALPHA, models)
    length = packet["tree"]["length"]
    for kernel in KERNELS:
        asked = Chains(values, kernel, min(world.runs, RUNS), world.steps, ALPHA, None, length, "block", 0)
        batch = Batch(asked, models)
        while not batch.is_over:
            batch.advance()
        runs[kernel] = batch.summary()
    return {"packet": packet, "runs": runs, "dials": [tree.dial_rows(values, alpha, models) for alpha in ALPHAS]}


def checks() -> Answers:
    *_, told = tree.checks_told()
    return told | {"sentence": f"Recorded when these files were made: {told['sentence']}"}
