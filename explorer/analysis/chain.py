"""Diagnostics of a run's chains: how they move, how well they mix, whether they agree with each other and the target.

They hold within one stage, the steps of one block: the next block has another target (METHOD.md, section 7). Energy,
divergences and tree depth are of Hamiltonian samplers; this chain follows no gradient, so they do not apply. Where
a number cannot be told, a sentence that says why stands in its place.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from explorer.analysis import mixing
from explorer.analysis.kinds import ChainDraw
from explorer.analysis.tallies import distance, expected_distance
from explorer.analysis.tokens import NONE, display_tokens

Row = dict[str, Any]
PieceOf = Callable[[int], str]
Known = float | str  # a number, or why it cannot be told
Shares = Mapping[str, tuple[float, float]]  # answer -> its certified probability under p^alpha, low and high
VAGUEST = 0.1  # of a total variation
LEAST_SHARE = 0.01  # of the target, for an answer that no chain gave to be listed
ENDED = "(ended)"
CUT_SHARES = {"accepted, text changed": "changed", "accepted, same text": "same", "rejected": "rejected"}
HEADINGS = ["block", "steps", "accepted", "accepted and changed", "tokens changed an accepted step"]
HEADINGS += ["steps since last change", "effective sample size", "R-hat"]


def diagnostics(frame: pd.DataFrame, piece_of: PieceOf = str, target: Shares | None = None) -> dict[str, Any]:
    """Everything that the drawer shows of a draws_frame, as rows for its tables and figures.

    `piece_of`: a token's text. `target`: the certified shares of the answers, where they are known. A figure whose
    rows are empty is not drawn; `notes` has a sentence under some figures, by name. `table` has the headings, then
    the cells of all blocks together and of each; `reasons` say why cells have no number.
    """
    steps, known = frame[frame["step"] >= 0], vagueness(target)
    if "reason" in known:
        target = None
    chains = sorted(int(chain) for chain in frame["chain"].unique())
    blocks = [block_row(int(block), part, len(chains)) for block, part in frame.groupby("block")]
    draws = frame.assign(number=frame["block"] + 1)[list(ChainDraw.__annotations__)]
    rows = {
        "chains": chains,
        "overall": movement(steps),
        "blocks": blocks,
        "draws": draws.to_dict("records"),
        "cuts": cut_rows(steps),
        "autocorrelation": autocorrelations(steps),
        "positions": position_rows(frame, piece_of) if len(chains) > 1 else [],
        "answers": answer_rows(frame, target or {}),
        "distances": distance_rows(frame, target) if target else [],
        "target": known,
    }
    table = [HEADINGS, cells("all", rows["overall"]), *(cells(str(row["block"] + 1), row) for row in blocks)]
    rows |= {"table": table, "reasons": reasons(blocks), "notes": notes(rows, bool(frame["frozen"].any()))}
    return rows


def figure_rows(*source: Any) -> dict[str, list[Row]]:
    """Rows by name for the figures, of what `diagnostics` takes."""
    rows = diagnostics(*source)
    return rows | rows["autocorrelation"]


# ---- what is said of them


def notes(rows: Row, is_frozen: bool) -> dict[str, str]:
    """A figure's name -> why it is empty, or how far it can be trusted. `is_frozen`: whether cuts stay in the block."""
    left = " ".join(f"{row['stages']} left out: {row['reason']}." for row in rows["autocorrelation"]["reasons"])
    return {
        "cut_outcomes": "" if rows["cuts"] else "No steps, so no cuts.",
        "autocorrelation": left and f"Of the stages of all chains, {left}",
        "chain_agreement": "" if rows["positions"] else "One chain has no other to agree with: run the other chains.",
        "target_distance": distance_note(rows, is_frozen),
    }


def distance_note(rows: Row, is_frozen: bool) -> str:
    """How near the chains have come to the certified target, and how well that is known."""
    if "reason" in rows["target"]:
        reason = rows["target"]["reason"]
        return f"{reason[0].upper()}{reason[1:]}."
    end, off = rows["distances"][-1], rows["target"]["value"]
    note = (
        f"Estimate from {len(rows['chains'])} chains: {end['distance']:.3f} at the end; as many exact samples would "
        f"have {end['expected']:.3f} on average. The target is certified: all but {off:.2g} of p^α was enumerated, and "
        "the estimate is off by no more."
    )
    limit = "the chain's own limit is not p^α, so the line need not come down all the way."
    return f"{note} With cuts in the current block only, {limit}" if is_frozen else note


def cells(name: str, row: Row) -> list[str]:
    """A line of the table, under HEADINGS; of all blocks together only what counts steps."""
    counts, steps = (row["accepted"], row["changed"]), row["steps"]
    shares = [f"{count / steps:.0%} ({count})".replace("%", " %") if steps else NONE for count in counts]
    lengths, sizes = (row.get(field, []) for field in ("since_change", "ess"))
    line = [name, str(steps), *shares, cell(row["tokens_changed"], ".2f"), " · ".join(map(str, lengths))]
    return [*line, " · ".join(cell(size, ".0f") for size in sizes), cell(row["rhat"], ".3f") if "rhat" in row else ""]


def cell(number: Known, form: str) -> str:
    """A number in its form; without one, that the chain is stuck, or a dash."""
    if isinstance(number, str):
        return number if number.startswith(mixing.STUCK) else NONE
    return f"{number:{form}}"


def reasons(blocks: list[Row]) -> list[str]:
    """Why cells have a dash, each reason once."""
    numbers = dict.fromkeys(known for row in blocks for known in (row["tokens_changed"], *row["ess"], row["rhat"]))
    return [f"{NONE}: {number}." for number in numbers if cell(number, "") == NONE]


# ---- how the chains move


def movement(steps: pd.DataFrame) -> Row:
    """How many steps, accepted, accepted and changed; the mean number of tokens changed an accepted step."""
    number, accepted = len(steps), int(steps["is_accepted"].sum())
    reason = "no step was accepted" if number else "no steps"
    return {
        "steps": number,
        "accepted": accepted,
        "changed": int(steps["is_changed"].sum()),
        "tokens_changed": float(steps["tokens_changed"].sum() / accepted) if accepted else reason,
    }


def since_change(is_changed: np.ndarray) -> int:
    """Steps at the end of a stage [n] since its text last changed; n if it never did."""
    changed = np.flatnonzero(is_changed)
    return len(is_changed) - 1 - int(changed[-1]) if len(changed) else len(is_changed)


def cut_rows(steps: pd.DataFrame) -> list[Row]:
    """Of the cuts of all chains at each position: how many, and the share that came to each outcome."""
    counts = pd.crosstab(steps["cut"].astype(int).rename("position"), steps["what"].replace(CUT_SHARES))
    shares = counts.reindex(columns=list(CUT_SHARES.values()), fill_value=0).div(counts.sum(axis=1), axis=0)
    return shares.assign(cuts=counts.sum(axis=1)).reset_index().to_dict("records")


# ---- how well they mix within a stage


def block_row(block: int, part: pd.DataFrame, chains: int) -> Row:
    """One block's stage; since_change and ess hold one entry a chain that was there."""
    steps = part[part["step"] >= 0]
    own = [chain for _, chain in steps.groupby("chain")]
    return movement(steps) | {
        "block": block,
        "since_change": [since_change(chain["is_changed"].to_numpy(bool)) for chain in own],
        "ess": [told(lambda chain=chain: mixing.effective_sample_size(stage(chain))) for chain in own],
        "rhat": told(lambda: block_rhat(steps, chains)),
    }


def told(statistic: Callable[[], float]) -> Known:
    """A statistic's value, or the reason why it cannot be told."""
    try:
        value = statistic()
    except ValueError as error:
        return str(error)
    return value if math.isfinite(value) else f"{mixing.STUCK} at different places"


def stage(chain: pd.DataFrame) -> np.ndarray:
    """log p [n] after each step of one chain's stage; ValueError if its dials moved meanwhile."""
    if chain["law"].nunique() > 1:
        raise ValueError("the dials moved within this stage, so it has no single target")
    return chain["log_p"].to_numpy(float)


def block_rhat(steps: pd.DataFrame, chains: int) -> float:
    """Rank R-hat of log p among the chains that continue the commonest frozen text: another text is another target."""
    mixing.check_number(chains)
    mixing.check_length(int(steps.groupby("chain").size().min()) if len(steps) else 0, "R-hat")
    group = max((part for _, part in steps.groupby("frozen")), key=lambda part: part["chain"].nunique())
    number = group["chain"].nunique()
    if number < mixing.FEWEST:
        where = f"only {number} of {chains} have the same frozen text here"
        raise ValueError(f"R-hat needs {mixing.FEWEST} chains with one target: {where}")
    return mixing.rank_rhat(np.stack([stage(chain) for _, chain in group.groupby("chain")]))


def autocorrelations(steps: pd.DataFrame) -> dict[str, Any]:
    """Autocorrelation of log p by lag: `lines`, one a stage of a chain with a gap between; their `mean`; `reasons` why
    stages have none, each with how many."""
    lines, reasons, found = [], Counter(), []
    for (block, chain), part in steps.groupby(["block", "chain"]):
        try:
            rho = mixing.autocorrelation(stage(part)).tolist()
        except ValueError as error:
            reasons[str(error)] += 1
            continue
        found.append(rho)
        lines += [{"block": int(block) + 1, "chain": int(chain), "lag": lag, "rho": r} for lag, r in enumerate(rho)]
        lines.append({"block": int(block) + 1, "chain": int(chain), "lag": None, "rho": None})
    columns = ([r for r in column if r is not None] for column in zip_longest(*found))
    mean = [{"lag": lag, "rho": math.fsum(own) / len(own), "stages": len(own)} for lag, own in enumerate(columns)]
    return {"lines": lines, "mean": mean, "reasons": [{"reason": r, "stages": n} for r, n in reasons.most_common()]}


# ---- whether they agree


def ends(frame: pd.DataFrame, field: str) -> list[Any]:
    return frame.groupby("chain")[field].last().tolist()


def position_rows(frame: pd.DataFrame, piece_of: PieceOf) -> list[Row]:
    """At each position of the final texts: the commonest token, its share of the chains, and how many tokens there are.

    A chain whose text is over by then has the token ENDED there.
    """
    shown = [display_tokens([piece_of(v) for v in ids]) for ids in ends(frame, "token_ids")]
    rows = []
    for position, tokens in enumerate(zip_longest(*shown, fillvalue=ENDED)):
        [(token, number)] = Counter(tokens).most_common(1)
        rows.append(
            {"position": position, "token": token, "share": number / len(tokens), "different": len(set(tokens))}
        )
    return rows


def answer_rows(frame: pd.DataFrame, known: Shares) -> list[Row]:
    """Final answers with the share of the chains that gave each and its certified share under p^alpha, None if unknown.

    Answers of the target that no chain gave are listed from LEAST_SHARE on.
    """
    given = Counter(ends(frame, "answer"))
    listed = [*given, *(answer for answer, (_, high) in known.items() if high >= LEAST_SHARE and answer not in given)]
    number = given.total()
    rows = [
        {"answer": answer, "count": given[answer], "share": given[answer] / number}
        | dict(zip(("low", "high"), known.get(answer, (None, None)), strict=True))
        for answer in listed
    ]
    return sorted(rows, key=lambda row: (-row["count"], -(row["high"] or 0), row["answer"]))


def distance_rows(frame: pd.DataFrame, target: Shares) -> list[Row]:
    """Total variation between the chains' answers at each moment and the certified target, as the chains grow.

    `expected`: what as many exact, independent samples of the target would have on average. A chain that is over keeps
    its answer.
    """
    answers = frame.groupby(["x", "chain"])["answer"].last().unstack().ffill()
    law = enumerated(target)
    expected = expected_distance(law, answers.shape[1])
    return [
        {"x": float(x), "distance": distance(Counter(row), law), "expected": expected}
        for x, row in zip(answers.index, answers.to_numpy().tolist(), strict=True)
    ]


def enumerated(target: Shares) -> dict[str, float]:
    """The shares of the answers among the completions that were enumerated."""
    known = math.fsum(low for low, _ in target.values())
    return {answer: low / known for answer, (low, _) in target.items()}


def vagueness(target: Shares | None) -> Row:
    """By how much a total variation to the target may be off; a reason if that is too much.

    It is the share of p^alpha that was not enumerated: the shares among what was are that far from the true ones.
    """
    if target is None:
        return {"reason": "the certified target is searched for when other chains run"}
    off = max(0.0, 1 - math.fsum(low for low, _ in target.values()))
    if off > VAGUEST:
        left = f"{off:.2f} of p^α may lie in completions that the search did not reach"
        return {"reason": f"the target could not be certified well enough in the time allowed: {left}"}
    return {"value": off}
