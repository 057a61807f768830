"""A row in float64 answers what the formulas say, and remembers it."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sampler.core import power
from sampler.core.rows import ArrayRow, inverse_cdf

LOG_P = np.log(np.array([0.5, 0.3, 0.2]))


def test_a_row_gives_the_answers_of_the_formulas_each_only_once(monkeypatch):
    row = ArrayRow(LOG_P.copy())
    asked = [
        *((power.log_z(LOG_P, alpha), lambda alpha=alpha: row.log_z(alpha)) for alpha in (1.0, 4.0, math.inf)),
        *((power.top_tokens(LOG_P, count), lambda count=count: row.top_tokens(count)) for count in (0, 1, 3)),
        (power.entropy(LOG_P), row.entropy),
    ]
    for answer, ask in asked:
        assert ask() == answer
        with monkeypatch.context() as patched:
            for name in ("log_z", "top_tokens", "entropy"):
                patched.setattr(power, name, None)
            assert ask() == answer
    for temperature in (0.25, 1.0):
        tempered = row.tempered(temperature)
        assert np.array_equal(tempered, power.temper(LOG_P, temperature)) and row.tempered(temperature) is tempered
        assert [tempered.draw(u) for u in (0.1, 0.6, 0.99)] == [
            inverse_cdf(power.temper(LOG_P, temperature), u) for u in (0.1, 0.6, 0.99)
        ]
        with monkeypatch.context() as patched:
            patched.setattr(np, "exp", None)
            assert tempered.draw(0.001) == 0 and tempered.draw(0.999) == 2


def test_a_row_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(ArrayRow(LOG_P.copy()))[0] = 0.0


@given(st.lists(st.sampled_from((0.25, 0.5, 1.0, 2.0)), max_size=6))
def test_an_answer_is_never_that_of_another_question(settings):
    row = ArrayRow(LOG_P.copy())
    for setting in settings:
        assert np.array_equal(np.asarray(row.tempered(setting)), power.temper(LOG_P, setting))
        assert row.log_z(4 * setting) == power.log_z(LOG_P, 4 * setting)
        assert row.top_tokens(int(setting)) == power.top_tokens(LOG_P, int(setting))


@given(st.floats(0.001, 0.999), st.floats(-1, 1))
def test_a_row_that_does_not_sum_to_1_is_drawn_from_in_proportion(u, off):
    assume(min(abs(u - 0.5), abs(u - 0.8)) > 1e-9)
    assert inverse_cdf(LOG_P + off, u) == inverse_cdf(LOG_P, u)
