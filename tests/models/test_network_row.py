"""A row of a large vocabulary answers as the formulas in float64 do, up to float32's last digits."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sampler.core import kernel, power
from sampler.core.draws import PROPOSE, SeededDraws
from sampler.core.kernel import Stage
from sampler.core.records import Law
from sampler.core.requests import by_rows
from sampler.core.rows import inverse_cdf
from sampler.models.network_row import BLOCK, SMALL_VOCABULARY, NetworkRow, rows_of

SUMS = 1e-6  # nats, of a logarithm of a sum


def logits_of(seed: int, length: int, spread: float, holes: float) -> torch.Tensor:
    """Random logits, a share of them impossible, and ties among the others."""
    numbers = np.random.default_rng(seed)
    logits = np.round(spread * numbers.standard_normal(length), 1)
    logits[numbers.random(length) < holes] = -np.inf
    logits[numbers.integers(length)] = spread
    return torch.tensor(logits, dtype=torch.float32)


worlds = st.builds(
    logits_of,
    seed=st.integers(0, 2**32),
    length=st.integers(1, 3 * BLOCK + 1),
    spread=st.sampled_from([0.0, 0.5, 3.0, 20.0]),
    holes=st.sampled_from([0.0, 0.5, 0.999]),
)


@given(worlds, st.sampled_from([0.05, 0.25, 1 / 3, 1.0, 2.0, 100.0]), st.sampled_from([0, 1, 5, 50]))
def test_answers_are_those_of_the_formulas(logits, temperature, count):
    row, log_p = NetworkRow(logits), torch.log_softmax(logits.double(), 0).numpy()
    tempered, log_q = row.tempered(temperature), power.temper(log_p, temperature)
    assert len(row) == len(log_p)
    assert np.allclose(row, log_p, rtol=0, atol=1e-12)
    assert np.allclose(tempered, log_q, rtol=0, atol=1e-9)
    for v in range(0, len(log_p), 7):
        assert row[v] == pytest.approx(log_p[v], abs=SUMS)
        assert tempered[v] == pytest.approx(log_q[v], abs=SUMS)
    assert row.log_z(1 / temperature) == pytest.approx(
        power.log_z(log_p, 1 / temperature), abs=SUMS * max(1, 1 / temperature)
    )
    assert row.entropy() == pytest.approx(power.entropy(log_p), abs=1e-5)
    assert tempered.entropy() == pytest.approx(power.entropy(log_q), abs=1e-5)
    expected = power.top_tokens(log_p, count)
    assert [v for v, _ in row.top_tokens(count)] == [v for v, _ in expected]


@given(worlds, st.sampled_from([0.25, 1.0]), st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_draw_is_by_inverse_cdf_and_never_impossible(logits, temperature, u):
    """The token's share of the CDF holds u, up to rounding."""
    token = NetworkRow(logits).tempered(temperature).draw(u)
    q = np.exp(power.temper(torch.log_softmax(logits.double(), 0).numpy(), temperature))
    cumulative = np.cumsum(q)
    assert q[token] > 0
    assert cumulative[token] - q[token] - 1e-5 <= u <= cumulative[token] + 1e-5


def test_draws_have_the_law_of_the_row():
    """Every token of a row of three blocks, on a grid of numbers so fine that each token's share shows."""
    logits = logits_of(0, 2 * BLOCK + 9, 2.0, 0.3)
    row, log_p = NetworkRow(logits), torch.log_softmax(logits.double(), 0).numpy()
    grid = (np.arange(20_000) + 0.5) / 20_000
    drawn = np.bincount([row.draw(u) for u in grid], minlength=len(logits)) / len(grid)
    assert abs(drawn - np.exp(log_p)).max() <= 1 / len(grid) + 1e-6
    assert [row.draw(u) for u in grid[::500]] == [inverse_cdf(log_p, u) for u in grid[::500]]


def test_a_number_on_an_edge_picks_the_token_after_it():
    """As `inverse_cdf` does; of equal tokens every edge is known exactly, those between two blocks too."""
    row = NetworkRow(torch.zeros(2 * BLOCK))
    assert [row.draw(v / (2 * BLOCK)) for v in range(2 * BLOCK)] == list(range(2 * BLOCK))


def test_the_largest_number_picks_the_last_possible_token():
    """The largest of all random numbers is rounded to 1; after that token whole blocks may be impossible."""
    logits = torch.full((4 * BLOCK,), -math.inf)
    logits[[3, BLOCK + 5]] = 0.0
    assert NetworkRow(logits).draw(1.0) == BLOCK + 5 == inverse_cdf(torch.log_softmax(logits, 0).numpy(), 1.0)


def test_a_row_tempered_twice_answers_for_both_temperatures():
    """Its entropy and log Z are its own, whatever the row that it was made of was asked before."""
    logits = logits_of(0, 2 * BLOCK + 9, 3.0, 0.3)
    row, log_p = NetworkRow(logits), torch.log_softmax(logits.double(), 0).numpy()
    assert row.entropy() == pytest.approx(power.entropy(log_p), abs=1e-5)
    tempered, log_q = row.tempered(0.5).tempered(3.0), power.temper(log_p, 1.5)
    assert np.allclose(tempered, log_q, rtol=0, atol=1e-9)
    assert tempered.entropy() == pytest.approx(power.entropy(log_q), abs=1e-5)
    assert tempered.log_z(2.0) == pytest.approx(power.log_z(log_q, 2.0), abs=2 * SUMS)


def test_at_alpha_inf_log_z_asks_whether_a_token_is_certain():
    certain = torch.full((300,), -math.inf)
    certain[7] = 3.0
    assert NetworkRow(certain).log_z(math.inf) == 0.0
    assert NetworkRow(torch.zeros(300)).log_z(math.inf) == -math.inf


def test_a_small_vocabulary_is_left_to_numpy_in_float64():
    small, large = (rows_of(torch.zeros(1, size))[0] for size in (SMALL_VOCABULARY, SMALL_VOCABULARY + 1))
    assert np.asarray(small).dtype == np.asarray(large).dtype == np.float64
    assert not isinstance(small, NetworkRow) and isinstance(large, NetworkRow)


def test_a_row_does_not_keep_its_batch():
    batch = torch.zeros(5, 4096)
    row = rows_of(batch)[2]
    batch += torch.arange(4096)
    assert row[0] == pytest.approx(-math.log(4096))
    assert row.nbytes == 4 * 4096


def test_a_drawn_token_costs_two_passes_of_exponentials(monkeypatch):
    """At the temperature of the draw, which at 1/alpha is that of log Z, and at 1."""
    temperatures, right = [], NetworkRow._blocks_summed

    def counting(row: NetworkRow, temperature: float, weights: torch.Tensor) -> torch.Tensor:
        temperatures.append(temperature)
        return right(row, temperature, weights)

    monkeypatch.setattr(NetworkRow, "_blocks_summed", counting)
    asked = by_rows(kernel.write(Stage((0,), (), 0, 1, Law(4.0, 0.25), 5), (), SeededDraws(0, 0, 0, 0, PROPOSE)))
    next(asked)
    with pytest.raises(StopIteration):
        asked.send([NetworkRow(logits_of(0, 3 * BLOCK, 3.0, 0.3))])
    assert temperatures == [0.25, 1.0]
