"""The app on made-up results and a stub of the evaluation, for browser tests: python compare_app.py PORT RESULTS."""

import sys
import time
from pathlib import Path

from made_up_results import made_up

from explorer.page.compare.evaluation import Attempt
from explorer.page.layout import HEAD, library, page, served, theme
from explorer.page.shell import SHEETS


def begin(tasks: tuple[str, ...], problems: int, seed: int) -> Attempt:
    """A made-up evaluation, a row every few milliseconds."""
    results = made_up(tasks, problems, seed=seed)

    def rows():
        for row in results.answered:
            time.sleep(0.02)
            yield row

    return Attempt(results.started, rows(), len(results.answered))


def main() -> None:
    """Launch, and stay until terminated."""
    port, results = int(sys.argv[1]), Path(sys.argv[2])
    if "empty" not in results.name:
        made_up(problems=60).save(results)
    models = library.Models(["classroom"])
    models.warm_up()
    blocks = page(models, begin, results)
    blocks.launch(
        server_port=port, theme=theme(), css_paths=SHEETS, head=HEAD, show_error=False, ssr_mode=False,
        app_kwargs=served(blocks, models, results), quiet=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
