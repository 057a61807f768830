"""The table of problems: what was asked, the right answer, and each method's first answer."""

from collections.abc import Callable
from typing import Any

from explorer.analysis.methods import group_of, label_of, representatives, words_of
from sampler.classroom.results import Method, Results

Question = tuple[str, str]  # prompt and right answer


def answers(results: Results, question_of: Callable[[str, int], Question | None]) -> dict[str, Any]:
    """`methods` that gave first answers, those that stand for their group marked `is_main`, and `problems`.

    A problem: task, problem, prompt and right answer (empty where the task is unknown), and `given`: method's place
    in the list -> [answer or None, is_right].
    """
    rows = [row for row in results.answered if row.is_right is not None]
    seen: dict[str, int] = {}
    for row in rows:
        seen[row.method] = seen.get(row.method, 0) + 1
    methods = [m for m in results.started.methods if m.name in seen]
    places = {m.name: str(i) for i, m in enumerate(methods)}
    table: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        given = table.setdefault((row.task, row.problem), {})
        given[places[row.method]] = [row.answer, row.is_right]
    return {
        "methods": described(methods, seen),
        "problems": [asked(key, question_of(*key)) | {"given": given} for key, given in sorted(table.items())],
    }


def described(methods: list[Method], seen: dict[str, int]) -> list[dict[str, Any]]:
    """What the table says of each method."""
    main = representatives(methods, seen).values()
    return [
        {"name": m.name, "label": label_of(m), "words": words_of(m), "group": group_of(m), "is_main": m in main}
        for m in methods
    ]


def asked(key: tuple[str, int], question: Question | None) -> dict[str, Any]:
    """A problem by its place, with its text where it is known."""
    prompt, right = question or ("", "")
    return {"task": key[0], "problem": key[1], "prompt": prompt, "right": right}
