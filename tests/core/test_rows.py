"""A row in float64 answers what the formulas say, and remembers it."""

import math

import numpy as np
import pytest

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


def test_a_row_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(ArrayRow(LOG_P.copy()))[0] = 0.0
