"""python -m sampler selftest passes for the right kernel, and fails for each wrong one of the mutants' catalogue."""

import json
import math

import pytest
from command_lines import assert_refused, told
from worlds import flat_world

from sampler.core import kernel, power
from sampler.exact import selftest
from sampler.exact.selftest import Check, kernel_laws, running_code


def test_every_check_passes_and_is_told():
    answer = told("selftest", "--json")
    checks = json.loads(answer.out)
    assert answer.status == 0 and len(checks) == 16
    assert all(check["passed"] and check["figure"] <= check["threshold"] for check in checks)
    assert {check["false_alarm"] for check in checks} == {0.0, 1e-6}


def test_as_text_a_failure_is_told_and_gives_status_1(monkeypatch):
    checks = [Check("law", "world", 0.5, 1e-12, 0.0), Check("runs", "world", 0.01, 0.1, 1e-6)]
    monkeypatch.setattr("sampler.__main__.selftest", lambda seed: checks)
    answer = told("selftest")
    failed, passed = answer.out.splitlines()
    assert answer.status == 1
    assert failed.startswith("FAILED") and "exact" in failed
    assert passed.startswith("ok") and "false alarm 1e-06" in passed


def test_a_bad_seed_is_refused():
    assert_refused(told("selftest", "--seed", "-1"), "seed must be a whole number from 0 to 2147483647, not -1")


@pytest.mark.parametrize("term", ["log_cut_ratio", "log_proposal_ratio", "log_target_ratio"])
def test_a_kernel_without_one_of_its_terms_fails_the_exact_laws(monkeypatch, term):
    monkeypatch.setattr(power, term, lambda *_: 0.0)
    failed = {check.law for check in kernel_laws(flat_world()) if not check.passed}
    assert any("invariant" in law for law in failed) and any("balance" in law for law in failed)


@pytest.mark.parametrize("scope", ["block", "completion"])
def test_running_code_that_leaves_the_law_fails(monkeypatch, scope):
    """Every completion is told with the second piece first: total variation .94 and .95 from the exact law."""
    right = selftest._ended
    monkeypatch.setattr(selftest, "_ended", lambda *run: (1, *right(*run)[1:]))
    assert [check.passed for check in running_code(flat_world(), scope, 0)] == [False, False]


def test_one_text_outside_of_the_law_fails(monkeypatch):
    """One run of 500 moves no share by much, but the right kernel never ends with such a text."""
    right = selftest._ended
    monkeypatch.setattr(selftest, "_ended", lambda *run: (2, 2, 2, 2) if run[-1] == 0 else right(*run))
    assert [check.passed for check in running_code(flat_world(), "block", 0)] == [True, False]


def test_an_exception_is_no_pass(monkeypatch):
    monkeypatch.setattr(kernel, "revise", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(selftest.selftest())


def test_thresholds_are_those_of_the_test_suite():
    import error_rates

    law = {(0,): 0.25, (1,): 0.75}
    assert selftest.total_variation_threshold(law, 500) == error_rates.total_variation_threshold(law.values(), 500)
    assert selftest.chi_square_threshold(3) == error_rates.chi_square_threshold(3)
    assert math.isclose(selftest.FALSE_ALARM, error_rates.FALSE_ALARM)
