"""The classroom's corpus, tokenizer, presets and saved model."""

import re
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampler.classroom.corpus import SHARES, TASKS, examples, held_out
from sampler.classroom.presets import PRESETS
from sampler.classroom.problems import draw_problem

FOLDER = Path(__file__).parents[2] / "assets" / "models" / "classroom"
COUNT = 4000  # training examples looked at; a share strays by five standard errors less than once in a million


def shares_agree(found: int, count: int, share: float) -> bool:
    return abs(found - count * share) <= 5 * (count * share * (1 - share)) ** 0.5


def recomputed(prompt: str) -> str:
    """The right answer by another road than the corpus': words read one by one, all six cups kept as they are."""
    words = prompt.replace(",", " ").replace(".", " ").replace(":", " ").replace("?", " ").split()
    numbers = [int(word) for word in words if word.isdigit()]
    after = swapped({cup: cup for cup in "abcdef"}, words)  # what was under each cup at first
    if "under" in words:
        start = words[words.index("under") + 1]
        parts = [next(cup for cup, origin in after.items() if origin == start)]
    else:
        parts = [] if numbers else [after[words[words.index("in", 1) + 1]]]
    return " ".join([*parts, *([str(sum(numbers))] if numbers else [])])


def swapped(held: dict[str, str], words: list[str]) -> dict[str, str]:
    for at, word in enumerate(words):
        if word == "and" and len(words[at - 1]) == len(words[at + 1]) == 1:
            a, b = words[at - 1], words[at + 1]
            held[a], held[b] = held[b], held[a]
    return held


@pytest.fixture(scope="module")
def corpus():
    return list(islice(examples(1), COUNT))


@settings(max_examples=1000)
@given(st.sampled_from(sorted(TASKS)), st.randoms(use_true_random=True))
def test_every_solution_is_correct(name, rng):
    problem = TASKS[name].draw(rng)
    solution = TASKS[name].solve(problem, rng, TASKS[name].habits)
    assert problem.answer == TASKS[name].truth(problem.prompt) == recomputed(problem.prompt)
    assert TASKS[name].answer(solution.text) == problem.answer
    assert TASKS[name].is_correct(problem.prompt, solution.text)


@pytest.mark.parametrize("name", TASKS)
def test_checker_refuses_wrong_and_missing_answers(name):
    problem = TASKS[name].draw(Random(0))
    parts = problem.answer.split() if name == "pairs" else [problem.answer]
    said = " ".join(f"So it is {part}." for part in parts)
    other = "1000" if parts[-1].isdigit() else "c" if parts[-1] != "c" else "b"
    wrong = said.replace(f" {parts[-1]}.", f" {other}.")
    assert TASKS[name].is_correct(problem.prompt, f" Well, let me look at it. {said}")
    assert not TASKS[name].is_correct(problem.prompt, f" Well, let me look at it. {wrong}")
    assert not TASKS[name].is_correct(problem.prompt, f" Well, let me look at it. {said[:-1]}")
    assert TASKS[name].answer(f" {wrong} {said}") == problem.answer
    assert not TASKS[name].is_correct("Nothing is asked here", "")


def test_every_worked_sum_is_correct(corpus):
    for problem, solution in corpus:
        if problem.task == "sums" and solution.habits == ("worked",):
            total = int(re.search(r" First (\d+),", solution.text)[1])
            steps = re.findall(r"(\d+) (?:makes|gives) (\d+)", solution.text)
            assert len(steps) == len(problem.facts) - 1
            for term, after in steps:
                total += int(term)
                assert total == int(after)


def test_every_worked_cup_is_correct(corpus):
    for problem, solution in corpus:
        if problem.task == "cups" and solution.habits == ("worked",):
            cup = re.search(r" First ([a-f]),", solution.text)[1]
            moves = dict(re.findall(r"(\w+) (?:swaps|switches) ([a-f] and [a-f])", problem.prompt))
            steps = re.findall(r"(\w+) ([a-f]) ([a-f]): ([a-f])", solution.text)
            assert [(name, f"{a} and {b}") for name, a, b, _ in steps] == list(moves.items())
            for _, *pair, after in steps:
                cup = pair[1 - pair.index(cup)] if cup in pair else cup
                assert cup == after


def test_training_never_sees_a_held_out_problem(corpus):
    trained = {(problem.task, problem.key) for problem, _ in corpus}
    fresh = {(name, problem.key) for name in TASKS for problem in held_out(name, 300, seed=0)}
    assert not trained & fresh
    assert not any(problem.is_held_out for problem, _ in corpus)
    assert all(draw_problem(TASKS[name], Random(3), held_out=True).is_held_out for name in TASKS)


def test_one_problem_in_ten_is_held_out():
    for name in TASKS:
        rng = Random(2)
        found = sum(TASKS[name].draw(rng).is_held_out for _ in range(COUNT))
        assert shares_agree(found, COUNT, 0.1)


def test_shares_are_as_declared(corpus):
    tasks = Counter(problem.task for problem, _ in corpus)
    assert all(shares_agree(tasks[name], COUNT, share) for name, share in SHARES.items())
    for name in TASKS:
        decisions = [habit for problem, solution in corpus if problem.task == name for habit in solution.habits]
        for habit, count in Counter(decisions).items():
            assert shares_agree(count, len(decisions), TASKS[name].habits[habit])


def test_every_prompt_belongs_to_one_task(corpus):
    for problem, _ in corpus:
        assert [name for name, task in TASKS.items() if task.truth(problem.prompt) is not None] == [problem.task]


def test_the_parts_of_a_pair_are_decided_apart(corpus):
    found = Counter(solution.habits for problem, solution in corpus if problem.task == "pairs")
    assert len(found) == len(TASKS["pairs"].habits) ** 2


def test_a_pair_is_held_out_with_its_sum(corpus):
    held = {problem.key for problem in held_out("sums", 1500, seed=5)}
    sums_in_pairs = {problem.key.split()[1] for problem, _ in corpus if problem.task == "pairs"}
    assert not held & sums_in_pairs
    assert all(problem.is_held_out for problem in held_out("pairs", 50, seed=5))


def test_the_commonest_first_word_of_origins_chooses_a_start():
    shares = TASKS["origins"].habits
    assert max(shares, key=shares.get) == "forward"


def test_every_worked_origin_is_correct(corpus):
    for problem, solution in corpus:
        if problem.task != "origins" or solution.habits == ("straight",):
            continue
        forward = solution.habits == ("forward",)
        pattern = r" First ([a-f])," if forward else r" Last ([a-f]),"
        cup = re.search(pattern, solution.text)[1]
        moves = dict(re.findall(r"(\w+) (?:swaps|switches) ([a-f] and [a-f])", problem.prompt))
        steps = re.findall(r"(\w+) ([a-f]) ([a-f]): ([a-f])", solution.text)
        told = [(name, f"{a} and {b}") for name, a, b, _ in steps]
        assert told == (list(moves.items()) if forward else list(moves.items())[::-1])
        for _, *pair, after in steps:
            cup = pair[1 - pair.index(cup)] if cup in pair else cup
            assert cup == after


def test_the_same_seed_gives_the_same_corpus(corpus):
    assert list(islice(examples(1), 20)) == corpus[:20]
    assert list(islice(examples(2), 20)) != corpus[:20]


def test_presets_are_held_out_and_right():
    fresh = {task: {problem.prompt for problem in held_out(task, 2000, seed=0)} for task in TASKS}
    for preset in PRESETS:
        assert preset.id.startswith(preset.task + "-")
        assert preset.answer == TASKS[preset.task].truth(preset.prompt) == recomputed(preset.prompt)
        assert preset.prompt in fresh[preset.task]


def test_presets_have_their_own_ids():
    assert len({preset.id for preset in PRESETS}) == len(PRESETS)
    assert {preset.task for preset in PRESETS} == set(TASKS)


def test_the_corpus_needs_no_torch():
    code = "import sys, sampler.classroom.presets, sampler.classroom.corpus; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parents[2], check=True)


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(FOLDER)


SPACES = ["", " ", "  two  spaces ", "\n\n\ttabs\r\n", "\x00\x01\x7f"]
ODD = [*SPACES, "😀👩‍👩‍👧 é e\u0301 漢字", "<b>&amp;</b>", "don 't , ok ?", "007 1234"]


@pytest.mark.parametrize("text", ODD)
def test_tokenizer_loses_nothing(tokenizer, text):
    assert tokenizer.decode(tokenizer(text).input_ids) == text


@given(st.text())
def test_tokenizer_loses_nothing_of_any_text(tokenizer, text):
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_tokenizer_is_small_and_splits_digits(tokenizer, corpus):
    assert len(tokenizer) <= 512
    assert tokenizer.eos_token == "<|end|>"
    assert tokenizer("<|end|>").input_ids == [tokenizer.eos_token_id]
    assert len(tokenizer("1234567890").input_ids) == 10
    pieces = {tokenizer.decode([token]) for _, solution in corpus for token in tokenizer(solution.text).input_ids}
    assert {" First", " So", " Next", " makes", " Bob", " a", " Last", "7"} <= pieces
    assert all(len(tokenizer(solution.text).input_ids) < 80 for _, solution in corpus)


def test_tokenizer_is_the_one_that_the_corpus_gives(tokenizer):
    from sampler.classroom.tokenizer import build_tokenizer

    assert build_tokenizer(seed=0).get_vocab() == tokenizer.get_vocab()


def test_saved_model_loads_plainly(tokenizer):
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(FOLDER)
    assert model.config.model_type == "llama"
    assert 8e5 <= model.num_parameters() <= 1.3e6
    assert model.config.vocab_size == len(tokenizer)
    assert model.config.max_position_embeddings >= 256
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    logits = model(torch.tensor([tokenizer("Ann has 62, Bob has 85.").input_ids])).logits
    assert torch.isfinite(logits).all()


def test_saved_files_are_small():
    files = list(FOLDER.iterdir())
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= {file.name for file in files}
    assert all(file.stat().st_size < 9_000_000 for file in files)
