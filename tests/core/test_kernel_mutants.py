"""Every error of METHOD.md, section 4, must break the exact laws clearly; the test ids say which law catches it."""

from dataclasses import replace

import numpy as np
import pytest
from mutants import CATALOGUE
from worlds import Case, violations

from sampler.exact.wrong_kernels import Anatomy

MARGIN = 1e-2  # every broken law is off by at least this probability (the smallest found is 0.023)
TOLERANCE = 1e-12


@pytest.mark.parametrize("mutant", CATALOGUE, ids=str)
def test_mutant_breaks_exactly_these_laws(mutant):
    found = violations(mutant.case, mutant.revise)
    broken = {law: size for law, size in found.items() if law in mutant.caught_by}
    assert min(broken.values()) >= MARGIN, broken
    assert all(size <= TOLERANCE for law, size in found.items() if law not in mutant.caught_by), found


@pytest.mark.parametrize("case", sorted({mutant.case for mutant in CATALOGUE}, key=str), ids=str)
def test_the_right_kernel_keeps_every_law_there(case):
    assert max(violations(case).values()) <= TOLERANCE


@pytest.mark.parametrize("case", [Case("flat", 2, 1.0), Case("flat", 2, 0.5, frozen="ab", end=4)], ids=str)
def test_the_anatomy_is_the_shipped_kernel(case):
    """So each mutant differs from it by its one error alone."""
    assert np.array_equal(case.matrix(Anatomy().revise), case.matrix())


def test_every_law_catches_something_that_it_alone_can():
    """Invariance alone would pass a chain that cannot reach every text, and reach alone a wrong target."""
    caught = {mutant.caught_by for mutant in CATALOGUE}
    assert ("reach",) in caught
    assert ("invariance", "balance") in caught


def test_a_cut_outside_of_the_states_is_seen():
    """The fence around the legal texts is itself tested: a text that stops early leaves them."""
    case = Case("flat", 2, 0.5)
    short = replace(case.stage, end=case.end - 1)
    leaving = case.matrix(lambda stage, state, draws: Anatomy().revise(short, state, draws))[:-1, -1]
    assert leaving.max() > 0.1
