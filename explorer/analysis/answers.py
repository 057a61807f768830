"""The table of problems: what was asked, the right answer, and each method's first answer."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from explorer.analysis.methods import group_of, representatives, said_of
from sampler.classroom.results import Results

Question = tuple[str, str]  # prompt and right answer


def answers(results: Results, question_of: Callable[[str, int], Question | None]) -> dict[str, Any]:
    """`methods` that gave first answers, those that stand for their group marked `is_main`, and `problems`.

    A problem: task, problem, prompt and right answer (empty where the task is unknown), and `given`: method's place
    in the list -> [answer or None, is_right].
    """
    rows = [row for row in results.answered if row.is_right is not None]
    seen = Counter(row.method for row in rows)
    methods = [m for m in results.started.methods if m.name in seen]
    main = representatives(methods, seen).values()
    places = {m.name: str(i) for i, m in enumerate(methods)}
    table: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        given = table.setdefault((row.task, row.problem), {})
        given[places[row.method]] = [row.answer, row.is_right]
    problems = []
    for (task, problem), given in sorted(table.items()):
        prompt, right = question_of(task, problem) or ("", "")
        problems.append({"task": task, "problem": problem, "prompt": prompt, "right": right, "given": given})
    described = [{"name": m.name, "group": group_of(m), "is_main": m in main} | said_of(m)._asdict() for m in methods]
    return {"methods": described, "problems": problems}
