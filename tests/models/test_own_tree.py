"""A pasted tree is the model that it says, exactly, in both forms; anything else is refused in one sentence."""

import math
import random

import numpy as np
import pytest
from worlds import run_law

from sampler.core.records import PowerSettings
from sampler.exact.block_dial import block_dial
from sampler.exact.enumeration import completions, power_target, temperature_law, total_variation
from sampler.methods.chain import whole_run
from sampler.models.lock_step import alone
from sampler.models.own_tree import MAX_CHARACTERS, MAX_DEPTH, MAX_LINES, OwnTree, parse_tree
from sampler.models.table import paper_example

INDENTED = """\
the 0.6
  cat 0.5
    sat 0.25
    ran 0.75
  end 0.5
a 0.4
"""
CSV = """\
prefix,token,probability
the cat,sat,0.25
,the,0.6
the,cat,0.5

the cat,ran,0.75
the,end,0.5
,a,0.4
"""
FORMS = {
    "indented": INDENTED,
    "csv": CSV,
    "semicolons": CSV.replace(",", ";"),
    "tabs": CSV.replace(",", "\t"),
    "windows": "\ufeff" + CSV.replace("\n", "\r\n"),
    "quoted": CSV.replace("the cat", '"the cat"').replace("prefix,token", " Prefix , TOKEN "),
    "blank lines": "\n" + INDENTED.replace("\n", "\n\n"),
}
LAW = {"a $": 0.4, "the end $": 0.3, "the cat sat": 0.075, "the cat ran": 0.225}


def told(model: OwnTree, ids) -> str:
    return " ".join(model.piece(v) for v in ids)


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_same_model(text):
    model = parse_tree(text)
    assert model.depth == 3 and model.revision == parse_tree(INDENTED).revision
    found = {told(model, ids): math.exp(log_p) for ids, log_p in completions(model, (), model.depth)}
    assert found == pytest.approx(LAW, abs=1e-15)


def test_a_leaf_is_followed_by_the_certain_end_at_any_length():
    """log p of the end is exactly 0, and a longer length changes no probability."""
    model = parse_tree(INDENTED)
    (end,) = model.eos_ids
    row = model.next_logprobs([(*model.encode("the"), model.alphabet.index("end"))])[0]
    assert row[end] == 0.0 and np.isneginf(np.delete(row, end)).all()
    longer = {model.decode(ids): math.exp(log_p) for ids, log_p in completions(model, (), 9)}
    assert longer == pytest.approx({text.removesuffix(" $"): p for text, p in LAW.items()}, abs=1e-15)


def test_the_same_token_may_be_a_leaf_here_and_go_on_there():
    model = parse_tree("a 0.5\n  b 1\n    b 1\nb 0.5\n")
    law = {told(model, ids): math.exp(log_p) for ids, log_p in completions(model, (), 3)}
    assert law == pytest.approx({"a b b": 0.5, "b $": 0.5})


def test_it_is_a_language_model():
    model = parse_tree(INDENTED)
    path = model.encode(" the  cat ")
    assert model.decode(path) == "the cat" and model.encode("") == ()
    assert model.decode((*path, *model.eos_ids)) == "the cat"
    chained = model.logprobs(path, 1)
    assert np.array_equal(chained, model.next_logprobs([path[:1], path]))
    fresh = model.fresh()
    assert (fresh.tokens_fed, fresh.forward_calls) == (0, 0) and model.forward_calls == 2
    assert isinstance(fresh, OwnTree) and fresh.depth == 3
    with pytest.raises(
        ValueError, match="prompt must be tokens of the tree from its root on that go on, not 'the end'"
    ):
        model.encode("the end")


@pytest.mark.parametrize("scope", ["block", "completion"])
def test_runs_in_it_tend_to_the_power_distribution(scope):
    model = parse_tree(INDENTED)
    target = power_target(model, (), model.depth, 2.0)
    assert total_variation(run_law(model, (), 2.0, 0.5, 3, 3, 2000, scope), target) <= 1e-12
    tempered = temperature_law(model, (), 3, 0.5)
    assert total_variation(run_law(model, (), 2.0, 0.5, 3, 1, 3, "block"), tempered) <= 1e-12
    law = run_law(model, (), 2.0, 0.5, 3, 2, 2, scope)
    runs = (whole_run((), model.eos_ids, PowerSettings(2.0, None, 3, 2, 2, scope, seed)) for seed in range(50))
    assert {alone(model, run).state.segment.token_ids for run in runs} <= law.keys()


def test_the_dial_turns_in_it():
    points = block_dial(parse_tree(INDENTED), (), 2.0, 0.5, 3, 5)
    assert len(points) == 2 * 3 * 6 and all(0 <= point.to_power <= 1 for point in points)


EXAMPLE = "a .40\n  a 0\n  b 1\nb {}\n  a .5\n  b .5\n"


def test_the_papers_example_must_be_normalised_by_hand():
    """Its printed masses sum to 0.90."""
    with pytest.raises(ValueError) as refusal:
        parse_tree(EXAMPLE.format(".50"))
    assert str(refusal.value) == "probabilities after the root must sum to 1 within 1e-06, not 0.9"
    model, paper = parse_tree(EXAMPLE.format(".50"), normalise=True), paper_example()
    found = {told(model, ids): p for ids, p in power_target(model, (), 2, 4.0).items()}
    assert found == pytest.approx({" ".join(paper.decode(ids)): p for ids, p in power_target(paper, (), 2, 4).items()})


def test_markup_stays_plain_text():
    model = parse_tree('<b>x</b> 0.5\n"&amp;" 0.5\n')
    assert {model.piece(v) for v in range(model.vocab_size)} == {"<b>x</b>", '"&amp;"', "$"}


def test_another_probability_anywhere_is_another_revision():
    texts = [INDENTED, INDENTED.replace("0.25", "0.75", 1).replace("ran 0.75", "ran 0.25")]
    assert len({parse_tree(text).revision for text in texts}) == 2


def test_the_limits_themselves_are_allowed():
    deep = "".join(f"{'  ' * level}t 1\n" for level in range(MAX_DEPTH))
    assert parse_tree(deep).depth == MAX_DEPTH
    wide = "".join(f"t{i} {1 / MAX_LINES:.12f}\n" for i in range(MAX_LINES))
    assert parse_tree(wide).vocab_size == MAX_LINES + 1
    assert parse_tree("x" * 40 + " 1").depth == 1
    assert parse_tree("a 0.4999999\nb 0.5\n").depth == 1


HEAD = "prefix,token,probability\n"
REFUSED = {
    "": "tree must have at least one line with a token and its probability, not none",
    " \n\t\n": "tree must have at least one line with a token and its probability, not none",
    HEAD: "tree must have at least one line with a token and its probability, not none",
    "a 0.5\nb 0.4\n": "probabilities after the root must sum to 1 within 1e-06, not 0.9",
    "a 1\n  b 0.7\n  c 0.31\n": "probabilities after prefix 'a' must sum to 1 within 1e-06, not 1.01",
    "a 1.5\nb -0.5\n": "line 1: probability must be a number from 0 to 1, not '1.5'",
    "a 1\nb -0.5\n": "line 2: probability must be a number from 0 to 1, not '-0.5'",
    "a nan\n": "line 1: probability must be a number from 0 to 1, not 'nan'",
    "a inf\n": "line 1: probability must be a number from 0 to 1, not 'inf'",
    "a 1e999\n": "line 1: probability must be a number from 0 to 1, not '1e999'",
    "a 1_0\n": "line 1: probability must be a number from 0 to 1, not '1_0'",
    "a ½\n": "line 1: probability must be a number from 0 to 1, not '½'",
    "a 0.5\na 0.5\n": "line 2: token 'a' must follow the root once; line 1 gave it 0.5 already",
    f"{HEAD},a,1\na,b,.5\na,b,.5\n": "line 4: token 'b' must follow prefix 'a' once; line 3 gave it 0.5 already",
    f"{HEAD},a,1\nb,c,1\n": "line 3: prefix 'b' must be reached from the root, but 'b' does not follow the root",
    f"{HEAD}a,b,1\nb,a,1\n": "line 2: prefix 'a' must be reached from the root, but 'a' does not follow the root",
    f"{HEAD},a,1\na a a,a,1\n": (
        "line 3: prefix 'a a a' must be reached from the root, but 'a' does not follow prefix 'a'"
    ),
    f"{HEAD},a\n": "line 2 must have 3 fields, prefix, token, probability, not 2",
    f'{HEAD},"a,1\n': "line 2 must be prefix,token,probability as CSV, not broken: unexpected end of data",
    f"{HEAD},,1\n": "line 2: token must be 1 to 40 characters long, not 0",
    f"{HEAD},two words,1\n": "line 2: token must be visible characters without spaces, not 'two words'",
    f"{HEAD.replace(',', ';')};a;0,5\n": "line 2: probability must be a number from 0 to 1, not '0,5'",
    f"{'x' * 41} 1": "line 1: token must be 1 to 40 characters long, not 41",
    "a\u202eb 1": "line 1: token must be visible characters without spaces, not 'a\\u202eb'",
    "a\0b 1": "line 1: token must be visible characters without spaces, not 'a\\x00b'",
    "$ 1": "line 1: token must not be '$', the end that follows every leaf by itself",
    "  a 1\n": "line 1 must be indented by 0 spaces, two a level, not '  a 1'",
    "a 1\n   b 1\n": "line 2 must be indented by 0, 2 spaces, two a level, not '   b 1'",
    "a 1\n    b 1\n": "line 2 must be indented by 0, 2 spaces, two a level, not '    b 1'",
    "a 1\n\tb 1\n": "line 2 must be indented by 0, 2 spaces, two a level, not '\\tb 1'",
    "a,b,c\n": "line 1 must be `token probability`, or line 1 prefix,token,probability, not 'a,b,c'",
    "a b 1\n": "line 1 must be `token probability`, or line 1 prefix,token,probability, not 'a b 1'",
    "".join(f"{'  ' * level}t 1\n" for level in range(13)): "line 13: a path must be at most 12 tokens long, not 13",
    "\n" * MAX_LINES + "a 1": f"tree must be at most {MAX_LINES} lines long, not {MAX_LINES + 1}",
    "a 1\n" * 1_000_000: f"tree must be at most {MAX_CHARACTERS} characters long, not 4000000",
}


@pytest.mark.parametrize(("text", "words"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_is_no_tree_is_refused_in_one_sentence(text, words):
    with pytest.raises(ValueError) as refusal:
        parse_tree(text)
    assert str(refusal.value) == words


def test_nothing_to_normalise_is_refused():
    with pytest.raises(ValueError, match="probabilities after the root must sum to more than 0, not 0"):
        parse_tree("a 0\nb 0\n", normalise=True)
    with pytest.raises(ValueError, match="tree must be a text, not None"):
        parse_tree(None)


def test_no_text_breaks_the_parser():
    """Mutilated trees either are trees or are refused in one short line."""
    numbers, refused = random.Random(0), 0
    for _ in range(2000):
        characters = list(numbers.choice(list(FORMS.values())))
        for _ in range(numbers.randint(1, 3)):
            characters[numbers.randrange(len(characters))] = numbers.choice(list(" \t\n,;\"'$.019-eén\0\u2028\ud800<"))
        try:
            model = parse_tree("".join(characters), normalise=numbers.random() < 0.5)
        except ValueError as error:
            refused += 1
            assert str(error) and "\n" not in str(error) and len(str(error)) < 400
            str(error).encode()
        else:
            assert math.fsum(math.exp(p) for _, p in completions(model, (), model.depth)) == pytest.approx(1)
    assert 500 < refused < 2000
