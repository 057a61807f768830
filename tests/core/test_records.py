"""Settings refuse what they cannot mean, in one sentence; segments and steps are what their fields say."""

import math
from dataclasses import FrozenInstanceError, fields, replace

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.core.records import ChainState, Law, PowerSettings, Revision, Segment, Step, TemperatureSettings

NAN, INF = math.nan, math.inf
ALPHA = "alpha must be a number from 1 to inf, not "
TEMPERATURE = " must be a number above 0 and at most 100, not "
BAD_POWER_SETTINGS = [
    *[({"alpha": value}, f"{ALPHA}{value!r}") for value in (0, 0.99, -1, NAN, -INF, "x", "4", True, None, [4])],
    ({"alpha": INF}, "proposal_temperature must be given when alpha is inf: 1/alpha would be 0, not above 0"),
    *[
        ({"proposal_temperature": value}, f"proposal_temperature{TEMPERATURE}{value!r}")
        for value in (0, -0.5, NAN, INF, 100.5, "x", True)
    ],
    *[
        ({"max_new_tokens": value}, f"max_new_tokens must be a whole number from 1 to 32768, not {value!r}")
        for value in (0, -1, 32_769, 2.0, "64", True, None)
    ],
    *[
        ({"block_size": value}, f"block_size must be a whole number from 1 to 80, not {value!r}")
        for value in (0, 81, -1, 1.5, NAN, True)
    ],
    *[
        ({"steps_per_block": value}, f"steps_per_block must be a whole number from 0 to 10000, not {value!r}")
        for value in (-1, 10**6, 0.5, True)
    ],
    *[({"scope": value}, f"scope must be 'block' or 'completion', not {value!r}") for value in ("x", "", None, 1)],
    *[
        ({"seed": value}, f"seed must be a whole number from 0 to 9007199254740991, not {value!r}")
        for value in (-1, 2**53, 1.0, "0", True)
    ],
    *[
        ({"alternatives": value}, f"alternatives must be a whole number from 0 to 50, not {value!r}")
        for value in (-1, 51, 2.0)
    ],
]
BAD_TEMPERATURE_SETTINGS = [
    *[
        ({"temperature": value}, f"temperature{TEMPERATURE}{value!r}")
        for value in (0, -1, NAN, INF, 101, "x", True, None)
    ],
    ({"max_new_tokens": 0}, "max_new_tokens must be a whole number from 1 to 32768, not 0"),
    ({"num_samples": 0}, "num_samples must be a whole number from 1 to 10000, not 0"),
    ({"num_samples": 10_001}, "num_samples must be a whole number from 1 to 10000, not 10001"),
    ({"seed": -1}, "seed must be a whole number from 0 to 9007199254740991, not -1"),
    ({"alternatives": 51}, "alternatives must be a whole number from 0 to 50, not 51"),
]


def shown(case: object) -> str | None:
    return ", ".join(f"{name}={value!r}" for name, value in case.items()) if isinstance(case, dict) else ""


@pytest.mark.parametrize(
    ("settings", "refused"),
    [(PowerSettings, BAD_POWER_SETTINGS), (TemperatureSettings, BAD_TEMPERATURE_SETTINGS)],
    ids=["power", "temperature"],
)
def test_settings_refuse_in_one_sentence(subtests, settings, refused):
    for bad, sentence in refused:
        with subtests.test(shown(bad)):
            with pytest.raises(ValueError) as refusal:
                settings(**bad)
            assert str(refusal.value) == sentence


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)


@hypothesis.settings(max_examples=200)
@given(st.sampled_from((PowerSettings, TemperatureSettings)), st.data())
def test_any_value_of_a_field_is_taken_as_it_is_or_refused_by_its_name(settings, data):
    name = data.draw(st.sampled_from([field.name for field in fields(settings)]))
    value = data.draw(ANYTHING)
    try:
        assert getattr(settings(**{name: value}), name) == value
    except ValueError as refusal:
        others = {"alpha": "proposal_temperature must be given", "max_new_tokens": "block_size must be"}
        assert str(refusal).startswith((f"{name} must be", others.get(name, name)))


@pytest.mark.parametrize(
    "good",
    [
        {"alpha": 1},
        {"alpha": INF, "proposal_temperature": 1},
        {"alpha": 1e9},
        {"proposal_temperature": 100},
        {"max_new_tokens": 32_768, "block_size": 32_768},
        {"steps_per_block": 0},
        {"steps_per_block": 10_000, "seed": 2**53 - 1, "alternatives": 50, "scope": "completion"},
    ],
    ids=shown,
)
def test_the_ends_of_every_range_are_allowed(good):
    settings = PowerSettings(**good)
    assert all(getattr(settings, name) == value for name, value in good.items())


def test_whole_numbers_for_real_fields_become_floats():
    assert isinstance(PowerSettings(alpha=4).alpha, float)
    assert isinstance(TemperatureSettings(temperature=1).temperature, float)


def test_changed_settings_are_checked_again():
    with pytest.raises(ValueError, match="block_size"):
        replace(PowerSettings(max_new_tokens=64, block_size=64), max_new_tokens=32)


def test_records_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        PowerSettings().alpha = 2.0


def test_an_untied_temperature_is_the_law_s_own():
    assert PowerSettings(alpha=4).law == Law(4.0, 0.25)
    assert PowerSettings(alpha=4, proposal_temperature=0.7).law == Law(4.0, 0.7)
    assert PowerSettings(alpha=INF, proposal_temperature=0.7).law == Law(INF, 0.7)
    assert TemperatureSettings(temperature=0.25).law == Law(4.0, 0.25)


@pytest.mark.parametrize(("length", "size", "blocks"), [(64, 16, 4), (65, 16, 5), (3, 2, 2), (1, 1, 1), (7, 7, 1)])
def test_num_blocks_covers_every_token(length, size, blocks):
    assert PowerSettings(max_new_tokens=length, block_size=size).num_blocks == blocks


def segment(*token_ids: int) -> Segment:
    return Segment(token_ids, *[tuple(-0.5 * v for v in token_ids)] * 4, tuple(((v, -0.5 * v),) for v in token_ids))


def test_segments_are_cut_and_joined_field_by_field():
    whole = segment(3, 1, 4, 1)
    assert whole[:1] + whole[1:] == whole
    assert whole[1:3] == segment(1, 4)
    assert len(whole) == 4
    assert not Segment()
    assert ChainState() == ChainState(Segment(), False)


@pytest.mark.parametrize(
    ("accepted", "proposed", "changed"), [(True, (1, 2), True), (True, (3,), False), (False, (1, 2), False)]
)
def test_only_an_accepted_different_text_is_a_change(accepted, proposed, changed):
    step = Step(0, 0, 0, 2.0, 0.5, Revision(0, segment(*proposed), segment(3), 0.0, 0.0, 0.0, 0.0, -1.0, accepted))
    assert step.is_changed == changed
