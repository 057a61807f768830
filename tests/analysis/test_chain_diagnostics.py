"""Diagnostics of chains, on chains made up move by move and on real ones."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from worlds import revised

from explorer.analysis.chain import diagnostics, enumerated, vagueness
from explorer.analysis.chain_draws import NO_ANSWER, draws_frame
from explorer.analysis.mixing import STUCK
from explorer.analysis.moments import History
from explorer.analysis.tallies import distance
from explorer.analysis.tokens import NONE
from sampler.core.records import BlockStarted, Event, PowerSettings, Revision, Segment, Step, StepTaken
from sampler.methods.run import run_chains, run_power, steady
from sampler.models.table import endless_world, flat_world

PIECES = {0: "a", 1: "b", 2: "c", 3: "<i>"}


def segment(ids: str, log_p: float = -1.0) -> Segment:
    number = len(ids)
    same = (log_p,) * number
    return Segment(tuple("abc".index(letter) for letter in ids), same, same, same, same, ((),) * number)


def made_up(start: str, moves: list[tuple[str, bool]], block: int = 0, before: int = 0) -> list[Event]:
    """A chain of one block of two tokens that starts with a text; a move proposes another last token."""
    text, events = segment(start), [BlockStarted(block, before, before + 2, segment(start))]
    for number, (token, accepted) in enumerate(moves):
        proposed = segment(token, -1.0 - "abc".index(token))
        step = Step(
            *(block, number, number, 4.0, 0.25),
            Revision(before + 1, proposed, text[1:], 0, 0, 0, 0, -1.0, accepted),
        )
        events.append(StepTaken(step, 0, 0, 0.0))
        text = text[:1] + proposed if accepted else text
    return events


def second_block(moves: list[tuple[str, bool]]) -> list[Event]:
    return made_up("aa", moves, block=1, before=2)


def letters(ids: tuple[int, ...]) -> str | None:
    return None if 2 in ids else "".join("abc"[v] for v in ids)


def found(chains: dict[int, list[Event]], target=None, scope: str = "block") -> dict:
    result = diagnostics(draws_frame(chains, letters, scope), PIECES.__getitem__, target)
    json.dumps(result, allow_nan=False)  # what a packet may hold
    return result


MOVES = [("b", True), ("b", True), ("c", False), ("a", True)]


def test_movement_counts_what_was_accepted_and_what_changed():
    result = found({0: made_up("aa", MOVES), 1: made_up("aa", [("b", False)] * 4)})
    assert result["overall"]["steps"] == 8
    assert (result["overall"]["accepted"], result["overall"]["changed"]) == (3, 2)
    assert result["table"][1][2:4] == ["38 % (3)", "25 % (2)"]
    assert result["overall"]["tokens_changed"] == 2 / 3
    [block] = result["blocks"]
    assert block["since_change"] == [0, 4]
    [cut] = result["cuts"]
    assert cut == {"position": 1, "cuts": 8, "changed": 2 / 8, "same": 1 / 8, "rejected": 5 / 8}


def test_a_constant_chain_is_stuck_and_never_nan():
    chains = {chain: made_up("aa", [("c", False)] * 30) for chain in range(4)}
    result = found(chains)
    [block] = result["blocks"]
    assert block["ess"] == [STUCK] * 4
    assert block["rhat"] == STUCK
    assert block["tokens_changed"] == "no step was accepted"
    assert result["autocorrelation"]["reasons"] == [{"reason": STUCK, "stages": 4}]
    assert result["autocorrelation"]["mean"] == []
    assert result["notes"]["autocorrelation"] == "Of the stages of all chains, 4 left out: stuck."
    shares, lengths, sizes = ["0 % (0)"] * 2, "30 · 30 · 30 · 30", " · ".join([STUCK] * 4)
    assert result["table"][2] == ["1", "120", *shares, NONE, lengths, sizes, STUCK]
    assert result["reasons"] == [f"{NONE}: no step was accepted."]


def test_chains_stuck_at_different_places_say_so():
    apart = {chain: made_up("aa", [("ab"[chain % 2], True)] + [("c", False)] * 29) for chain in range(4)}
    [block] = found(apart)["blocks"]
    assert block["rhat"] == "stuck at different places"


def test_one_step_of_one_chain():
    result = found({0: made_up("aa", [("b", True)])})
    [block] = result["blocks"]
    assert block["ess"] == ["a stage of 1 step is too short for an effective sample size: at least 20"]
    assert block["rhat"] == "R-hat needs 4 chains, this run has 1"
    assert result["positions"] == []
    assert result["notes"]["chain_agreement"] == "One chain has no other to agree with: run the other chains."
    assert result["distances"] == []


def test_a_run_without_steps_has_reasons_in_place_of_numbers():
    result = found({chain: made_up("aa", []) for chain in range(4)})
    assert result["overall"]["tokens_changed"] == "no steps" and result["table"][1][2:5] == [NONE] * 3
    [block] = result["blocks"]
    assert (block["ess"], block["since_change"]) == ([], [])
    assert block["rhat"] == "a stage of 0 steps is too short for R-hat: at least 20"


def test_moving_chains_have_numbers():
    rng = np.random.default_rng(3)
    chains = {c: made_up("aa", [("abc"[v], True) for v in rng.integers(0, 3, 60)]) for c in range(4)}
    result = found(chains)
    [block] = result["blocks"]
    assert block["rhat"] < 1.1
    assert all(entry > 15 for entry in block["ess"])
    assert [len(line) for line in result["table"]] == [8, 8, 8] and result["reasons"] == []
    assert result["table"][1] == ["all", *result["table"][2][1:5], "", "", ""]
    assert result["table"][2][-1] == f"{block['rhat']:.3f}"
    lines = result["autocorrelation"]["lines"]
    assert [row["lag"] for row in lines].count(None) == 4  # a gap behind each line
    assert result["autocorrelation"]["mean"][0] == {"lag": 0, "rho": 1.0, "stages": 4}


def test_r_hat_compares_only_chains_with_one_target():
    """Under scope block a chain's own frozen text is part of its target."""
    rng = np.random.default_rng(4)

    def chain(frozen: str) -> list[Event]:
        moves = [("abc"[v], True) for v in rng.integers(0, 3, 30)]
        return [*made_up(frozen, []), *second_block(moves)]

    differing = {c: chain("aa" if c < 3 else "ab") for c in range(4)}
    *_, second = found(differing)["blocks"]
    where = "only 3 of 4 have the same frozen text here"
    assert second["rhat"] == f"R-hat needs 4 chains with one target: {where}"
    *_, second = found(differing, scope="completion")["blocks"]
    assert isinstance(second["rhat"], float)
    *_, second = found(differing | {4: chain("aa")})["blocks"]
    assert isinstance(second["rhat"], float)


def test_rounding_between_batches_is_no_disagreement():
    """The same text has one log p, whatever the last digits of float32 said in each chain."""
    rng, chains = np.random.default_rng(5), {}
    for chain in range(4):
        events = made_up("aa", [("ab"[v], True) for v in rng.integers(0, 2, 40)])
        chains[chain] = [off_by(event, 1e-7 * chain) for event in events]
    [block] = found(chains)["blocks"]
    assert block["rhat"] < 1.1


def off_by(event: Event, nats: float) -> Event:
    written = event.extension if isinstance(event, BlockStarted) else event.step.revision.proposed
    off = replace(written, log_p=tuple(p + nats for p in written.log_p))
    if isinstance(event, BlockStarted):
        return replace(event, extension=off)
    return replace(event, step=revised(event.step, proposed=off))


def test_moved_dials_leave_a_stage_without_one_target():
    settings = PowerSettings(2.0, max_new_tokens=3, block_size=3, steps_per_block=40)
    steering, events = steady(settings), []
    for event in run_power(endless_world(), "", settings, steering):
        events.append(event)
        if isinstance(event, StepTaken) and event.step.draw == 20:
            steering.alpha = 4.0
    [block] = found({0: events})["blocks"]
    assert block["ess"] == ["the dials moved within this stage, so it has no single target"]


def test_positions_tell_how_far_the_chains_agree():
    result = found({0: made_up("aa", []), 1: made_up("aa", []), 2: made_up("ab", []), 3: made_up("a", [])})
    assert result["positions"] == [
        {"position": 0, "token": "a", "share": 1.0, "different": 1},
        {"position": 1, "token": "a", "share": 0.5, "different": 3},
    ]


TARGET = {"aa": (0.7, 0.72), "ab": (0.2, 0.22), "bb": (0.05, 0.06), NO_ANSWER: (0.001, 0.002)}


def test_answers_beside_the_certified_target():
    result = found({0: made_up("aa", MOVES), 1: made_up("ac", []), 2: made_up("aa", [])}, TARGET)
    assert [(row["answer"], row["count"]) for row in result["answers"]] == [
        ("aa", 2), (NO_ANSWER, 1), ("ab", 0), ("bb", 0),
    ]  # fmt: skip
    assert result["answers"][0] | {"low": 0.7, "high": 0.72} == result["answers"][0]
    assert result["target"]["value"] == pytest.approx(0.049)


def test_the_distance_follows_the_chains_and_over_chains_keep_their_answer():
    law = {"aa": (0.5, 0.5), "ab": (0.5, 0.5)}
    rows = found({0: made_up("aa", MOVES), 1: made_up("aa", [])}, law)["distances"]
    assert [row["x"] for row in rows] == [0.5, 1, 2, 3, 4]
    assert [row["distance"] for row in rows] == [0.5, 0.0, 0.0, 0.0, 0.5]
    assert [row["expected"] for row in rows] == pytest.approx([0.25] * 5)  # of two coins: 0, 1 or 2 heads


def test_the_distance_comes_with_what_it_is_worth():
    law, one = {"aa": (0.5, 0.5), "ab": (0.45, 0.5)}, made_up("aa", [])
    note = found({0: one, 1: made_up("ab", [])}, law)["notes"]["target_distance"]
    assert note.startswith("Estimate from 2 chains: 0.026 at the end; as many exact samples would have 0.262 ")
    assert note.endswith("all but 0.05 of p^α was enumerated, and the estimate is off by no more.")
    limit = "the chain's own limit is not p^α, so the line need not come down all the way."
    assert found({0: one + second_block([])}, law)["notes"]["target_distance"].endswith(limit)
    assert not found({0: one + second_block([])}, law, "completion")["notes"]["target_distance"].endswith(limit)
    assert found({0: one})["notes"]["target_distance"].startswith("The certified target is searched for when")


def test_a_vague_target_is_refused():
    result = found({0: made_up("aa", [])}, {"aa": (0.1, 0.9), "ab": (0.0, 0.9)})
    assert "0.90 of p^α may lie in completions that the search did not reach" in result["target"]["reason"]
    assert result["distances"] == []
    assert [row["answer"] for row in result["answers"]] == ["aa"]


def test_the_distance_is_off_by_no_more_than_what_is_missing():
    """Whatever the true law within the certified intervals."""
    rng = np.random.default_rng(6)
    for _ in range(200):
        found_weights, left = rng.exponential(size=3), rng.exponential(size=3) / 20
        bound = left.sum() * (1 + rng.random())
        whole = found_weights.sum() + bound
        names = ["aa", "ab", "bb"]
        shares = {name: (w / whole, (w + bound) / whole) for name, w in zip(names, found_weights, strict=True)}
        true = dict(zip(names, (found_weights + left) / (found_weights + left).sum(), strict=True))
        counts = Counter({"aa": 3, "bb": 1})
        error = abs(distance(counts, enumerated(shares)) - distance(counts, true))
        assert error <= vagueness(shares).get("value", 1.0)


@pytest.mark.parametrize("scope", ["block", "completion"])
def test_the_frame_says_what_the_page_s_own_rows_say(scope):
    settings = PowerSettings(2.0, max_new_tokens=9, block_size=3, steps_per_block=6, scope=scope)
    events = list(run_power(flat_world(), "b", settings))
    frame, moments = draws_frame({0: events}, lambda ids: None, scope), History().extend(events)
    assert frame["x"].tolist() == [row["x"] for row in moments]
    assert frame["log_p"].tolist() == [row["total_log_p"] for row in moments]
    accepted = frame[frame["is_accepted"] == True]  # noqa: E712
    assert accepted["tokens_changed"].tolist() == [row["tokens_changed"] for row in moments if row.get("is_accepted")]
    assert set(frame["answer"]) == {NO_ANSWER}


@pytest.mark.parametrize("scope", ["block", "completion"])
@pytest.mark.parametrize("steps", [0, 1, 24])
def test_real_chains_never_give_nan(scope, steps):
    settings = PowerSettings(2.0, max_new_tokens=9, block_size=3, steps_per_block=steps, scope=scope, seed=2)
    chains: dict[int, list[Event]] = {c: [] for c in range(5)}
    for chain, event in run_chains(flat_world(), "b", settings, range(5)):
        chains[chain].append(event)
    result = found(chains, TARGET, scope)
    assert result["chains"] == [0, 1, 2, 3, 4]
    assert len(result["draws"]) == sum(map(len, chains.values()))
