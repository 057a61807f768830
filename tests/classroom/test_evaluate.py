"""The evaluation: what each method notes, resuming, refusals, and the recorded results measured again in part."""

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sampler.classroom import evaluate as command
from sampler.classroom.answering import Sitting, by_power, by_registered, costs, rank
from sampler.classroom.bulk import Rollout
from sampler.classroom.corpus import TASKS, held_out
from sampler.classroom.evaluate import evaluate, main
from sampler.classroom.methods import GREEDY, Ask, Plan, best_of, power, recorded, registered, target, temperature
from sampler.classroom.results import Method, Results, append, run_seed
from sampler.core.records import PowerSettings, TemperatureSettings
from sampler.methods.registry import METHODS
from sampler.methods.run import run_power
from sampler.methods.temperature import run_temperature
from sampler.models.causal_lm import CausalLM
from sampler.trace.trace import Trace

RECORDED = Path(__file__).parents[2] / "assets" / "results" / "classroom.jsonl.gz"
SEED = 4
ASKS = (
    Ask(temperature(1.0), 6, 2),
    Ask(temperature(0.5), 3, 2),
    Ask(best_of(4), 1, 2),
    Ask(target(4.0), 1, 2),
    Ask(GREEDY, 1, 2),
    Ask(power(steps_per_block=2), 2, 1),
    Ask(power(steps_per_block=2), 1, 2, first=1),
    Ask(power(steps_per_block=1, scope="completion"), 1, 2),
)
PLAN = Plan(("cups", "pairs"), 2, SEED, ASKS)


@pytest.fixture(scope="module")
def model() -> CausalLM:
    return CausalLM.load("classroom")


@pytest.fixture(scope="module")
def rows(model):
    return {row.key: row for row in evaluate({"base": model}, PLAN)}


def test_every_method_answers_every_problem_once(model, rows):
    names = {ask.method.name for ask in ASKS}
    assert set(rows) == {(task, number, name) for task in PLAN.tasks for number in range(2) for name in names}
    assert len(list(evaluate({"base": model}, PLAN, together=2))) == len(rows)


def test_rows_do_not_depend_on_the_batching(model, rows):
    for row in evaluate({"base": model}, PLAN, together=2):
        alone = rows[row.key]
        assert (row.answer, row.samples, row.length) == (alone.answer, alone.samples, alone.length)
        assert row.right == pytest.approx(alone.right, abs=1e-4)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("task", PLAN.tasks)
def test_the_explore_page_gets_the_same_completion(model, rows, task, number):
    prompt = held_out(task, 2, SEED)[number].prompt
    for method in (power(steps_per_block=2), power(steps_per_block=1, scope="completion")):
        run = PowerSettings(**method.settings, seed=run_seed(SEED, number), alternatives=0)
        ended = Trace(run_power(model, prompt, run)).ended
        row = rows[task, number, method.name]
        assert row.answer == TASKS[task].answer(ended.text)
        assert row.length == len(ended.token_ids)
        assert row.log_p == pytest.approx(ended.log_p, abs=1e-3)
    settings = TemperatureSettings(0.5, 80, 3, run_seed(SEED, number))
    samples = Trace(run_temperature(model, prompt, settings)).samples_drawn
    answers = [TASKS[task].answer(model.decode(sample.segment.token_ids)) for sample in samples]
    row = rows[task, number, "temperature 0.5"]
    first = next(sample for sample in samples if sample.sample == 0)
    assert row.length == len(first.segment)
    assert row.right == sum(answer == held_out(task, 2, SEED)[number].answer for answer in answers)


def test_what_is_made_of_the_pool(model, rows):
    problem = held_out("cups", 1, SEED)[0]
    pool = Sitting({"base": model}, TASKS["cups"], {0: problem}, SEED, 6).pool[0]
    is_right = np.array([TASKS["cups"].is_correct(problem.prompt, model.decode(r.token_ids)) for r in pool])
    weights = np.exp(3 * np.array([r.log_p for r in pool]))
    exact = rows["cups", 0, "exact p^4"]
    assert exact.right == pytest.approx((weights * is_right).sum() / weights.sum(), abs=1e-5)
    assert exact.answer is None and exact.tokens_drawn == sum(len(r.token_ids) for r in pool)
    assert rows["cups", 0, "base"].right == is_right.sum()
    best = max(pool[:4], key=lambda r: r.log_p)
    row = rows["cups", 0, "best of 4"]
    assert row.log_p == pytest.approx(best.log_p, abs=1e-3)
    assert row.tokens_drawn == sum(len(r.token_ids) for r in pool[:4])
    prompt = len(model.encode(problem.prompt))
    assert row.tokens_fed == prompt + sum(len(r.token_ids) - 1 for r in pool[:4])
    assert exact.tokens_fed == prompt + sum(len(r.token_ids) - 1 for r in pool)
    ahead = [0.5 if abs(r.log_p - best.log_p) < 1e-3 else float(r.log_p < best.log_p) for r in pool]
    assert row.rank == pytest.approx(sum(ahead) / 6, abs=1e-4)


def test_a_method_of_the_registry_answers_too(monkeypatch, model):
    """The power sampler under another name: its first sample is the same run as chain 0 of the power method's."""
    monkeypatch.setitem(METHODS, "again", replace(METHODS["power"], name="again"))
    assert registered()[-1].name == "again"
    [task, *_] = TASKS.values()
    problems = dict(enumerate(held_out(task.name, 2, 3)))
    sitting = Sitting({"base": model}, task, problems, seed=3, pool_size=1)
    dials = {"alpha": 2.0, "block_size": 8, "scope": "block"}
    ours = Ask(Method("again", "again", {**dials, "blocks": 2, "steps": 3}), 2, 2)
    chain = Ask(Method("power", "power", {**dials, "max_new_tokens": 16, "steps_per_block": 3}), 1, 2)
    found, expected = by_registered(sitting, [0, 1], ours), by_power(sitting, [0, 1], chain)
    for number in problems:
        assert found[number].completions[0] == expected[number].completions[0]
        assert found[number].completions[0] != found[number].completions[1]
        assert found[number].tokens_drawn > 0 and found[number].tokens_fed > 0


def test_costs_by_hand():
    """Three tokens and one after a prompt of five: the prompt once, and each sample without its last token."""
    assert costs((7, 7, 7, 7, 7), [Rollout((1, 2, 3), -1.0), Rollout((4,), -1.0)]) == (2.0, 3.5)


def test_rank_by_hand():
    assert rank(-2.0, [-1.0, -2.0, -2.0001, -3.0]) == 0.5
    assert rank(0.0, [-1.0, -2.0]) == 1.0 and rank(-9.0, [-1.0, -2.0]) == 0.0


def test_confidence_is_minus_the_mean_entropy(model, rows):
    problem = held_out("cups", 1, SEED)[0]
    [sample] = Sitting({"base": model}, TASKS["cups"], {0: problem}, SEED, 1).pool[0]
    context = model.encode(problem.prompt)
    table = model.logprobs(context + sample.token_ids, len(context))[:-1]
    entropy = float(-(np.exp(table) * table).sum(axis=1).mean())
    assert rows["cups", 0, "base"].confidence == pytest.approx(-entropy, abs=1e-4)


def test_what_is_done_is_not_done_again(model, rows):
    done = frozenset(key for key in rows if key[2] != "greedy")
    assert {row.key for row in evaluate({"base": model}, PLAN, done)} == set(rows) - done


# ---- the command


OPTIONS = [
    "--problems",
    "2",
    "--seed",
    "4",
    "--task",
    "cups",
    "--method",
    "greedy",
    "--method",
    "base",
    "--workers",
    "1",
]


def test_a_file_is_resumed_to_the_same_end(tmp_path, capsys):
    whole, part = tmp_path / "whole.jsonl.gz", tmp_path / "part.jsonl.gz"
    assert main([*OPTIONS, "--out", str(whole), "--pass-at", "1", "64"]) == 0
    assert "pass@64" in capsys.readouterr().out
    results = Results.load(whole)
    assert len(results.answered) == 4
    Results(results.started, results.answered[:1]).save(part)
    append(part, results.answered[1:2])
    part.write_bytes(part.read_bytes()[:-9])  # stopped in the middle of a write
    assert len(Results.load(part).answered) == 1
    assert main([*OPTIONS, "--out", str(part), "--pass-at"]) == 0
    assert Results.load(part) == results


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--problems", "0"], "problems must be a whole number from 1 to 2000, not 0"),
        (["--problems", "1000000"], "problems must be a whole number from 1 to 2000"),
        (["--seed", "-1"], "seed must be"),
        (["--workers", "0"], "workers must be"),
        (["--task", "chess"], "task must be one of cups, sums, pairs, origins, not 'chess'"),
        (["--method", "magic"], "method must be one of base,"),
        (["--base", "nowhere"], "model must be classroom, classroom-tuned, a folder"),
    ],
)
def test_bad_input_is_one_sentence(capsys, options, words):
    assert main(["--problems", "1", "--task", "cups", "--method", "greedy", *options]) == 2
    captured = capsys.readouterr()
    assert words in captured.err and captured.err.count("\n") == 1 and not captured.out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"event":"evaluation_started","schema":9}\n', "must be of schema 1, not 9"),
        ("something else\n", "must start with a line evaluation_started"),
    ],
)
def test_a_foreign_file_is_left_as_it_is(tmp_path, capsys, content, words):
    path = tmp_path / "foreign.jsonl"
    path.write_text(content)
    assert main([*OPTIONS, "--out", str(path)]) == 2
    assert words in capsys.readouterr().err
    assert path.read_text() == content


def test_another_measurement_is_left_as_it_is(tmp_path, capsys, model, rows):
    path = tmp_path / "other.jsonl"
    arguments = command.parsed([*OPTIONS, "--out", str(path)])
    results = command.begun(arguments, command.plan_of(arguments))
    results.save(path)
    before = path.read_bytes()
    assert main([*OPTIONS, "--seed", "5", "--out", str(path)]) == 2
    assert "another measurement" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize("k", ["0", "65"])
def test_k_beyond_the_samples_is_refused_before_anything_is_measured(capsys, tmp_path, k):
    assert main([*OPTIONS, "--out", str(tmp_path / "none.jsonl"), "--pass-at", "1", k]) == 2
    assert f"k must be from 1 to the largest number of samples, 64, not {k}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_plan_needs_no_torch():
    code = "import sys, sampler.classroom.methods, sampler.classroom.report; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=RECORDED.parents[2], check=True)


# ---- what is recorded


@pytest.fixture(scope="module")
def record() -> Results:
    return Results.load(RECORDED)


def test_the_record_is_whole_and_of_the_shipped_models(record, model):
    assert record.note == ""
    assert record.started.base["revision"] == model.revision
    assert record.started.tuned["revision"] == CausalLM.load("classroom-tuned").revision
    asked = {
        (task, number, ask.method.name)
        for task in record.started.tasks
        for ask in recorded(record.started.problems)
        for number in range(ask.first, ask.problems)
    }
    assert {row.key for row in record.answered} == asked


def test_a_part_of_the_record_comes_out_again(record, model):
    """Problem 3 of each task, all methods but the costly chains."""
    asks = tuple(ask for ask in recorded(record.started.problems) if ask.method.kind != "power")
    asks += (Ask(power(), 16, 40), Ask(power(steps_per_block=2, scope="completion"), 1, 40))
    models = {"base": model, "tuned": CausalLM.load("classroom-tuned")}
    plan = Plan(tuple(record.started.tasks), 4, record.started.seed, asks)
    held = {row.key: row for row in record.answered}
    done = frozenset(key for key in held if key[1] != 3)
    again = list(evaluate(models, plan, done))
    assert len(again) == len(plan.tasks) * len({ask.method.name for ask in asks})
    for row in again:
        kept = held[row.key]
        assert (row.answer, row.samples, row.length) == (kept.answer, kept.samples, kept.length)
        assert row.right == pytest.approx(kept.right, abs=1e-3)
        if row.log_p is not None:
            assert row.log_p == pytest.approx(kept.log_p, abs=1e-3)
            assert math.isfinite(row.confidence) and row.rank == kept.rank
