"""python -m tests.benchmarks [PIECE ...]: measure, print a table for each piece, and write one JSON file."""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.benchmarks import measure, vocabulary
from tests.benchmarks.measure import Row
from tests.benchmarks.models import NAMES, SHAPES
from tests.benchmarks.soak import soak

transformers.logging.disable_progress_bar()


def pieces(seeds: int, openings: int) -> dict[str, Callable[[], Iterator[Row]]]:
    """Every piece by its name."""
    return {
        "embedded": lambda: measure.against_reference("classroom", seeds),
        "100m": lambda: chain.from_iterable(measure.against_reference(name, 1) for name in SHAPES),
        "growth": lambda: measure.growth("classroom"),
        "knobs": lambda: measure.knobs("classroom", seeds),
        "replay": lambda: measure.replay(seeds),
        "vocabulary": vocabulary.steps,
        "floor": lambda: chain.from_iterable(map(measure.floor, NAMES)),
        "soak": lambda: soak(openings),
        "gpu": lambda: chain.from_iterable(measure.against_reference(name, 1, "cuda") for name in NAMES),
    }


def main() -> None:
    """Run the pieces asked for, all of them by default; the GPU's only where there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=f"of {', '.join(pieces(1, 1))}; all by default")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind (%(default)s)")
    parser.add_argument("--openings", type=int, default=300, help="of the page, for the soak (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.json"), help="the JSON file (%(default)s)")
    parsed = parser.parse_args()
    known = pieces(parsed.seeds, parsed.openings)
    if unknown := sorted(set(parsed.pieces) - set(known)):
        parser.error(f"PIECE must be of {', '.join(known)}, not {unknown[0]}")
    asked = parsed.pieces or [name for name in known if name != "soak" and (name != "gpu" or torch.cuda.is_available())]
    found = {"machine": machine()}
    for name in asked:
        print(f"\n{name}")
        found[name] = list(printed(known[name]()))
        parsed.out.write_text(json.dumps(found, indent=1, default=float))
    print("\nmust reach")
    found["must reach"] = list(printed(goals(found)))
    parsed.out.write_text(json.dumps(found, indent=1, default=float))


def goals(found: dict) -> Iterator[Row]:
    """What must be reached, of the pieces that were measured, and what was."""

    def fastest(piece: str, column: str) -> float:
        """Of the fastest way with the model for which that gains least."""
        ours = [row for row in found[piece] if row["way"] != "reference"]
        return min(max(row[column] for row in ours if row["model"] == name) for name in {row["model"] for row in ours})

    def goal(what: str, reached: float, bound: str, is_met: bool) -> Row:
        return {"goal": what, "reached": reached, "bound": bound, "met": is_met}

    for piece, least in (("embedded", 10), ("100m", 3)):
        if piece in found:
            faster, fewer = fastest(piece, "times faster"), fastest(piece, "times fewer passes")
            yield goal(f"{piece}: faster than the reference", faster, f">= {least}", faster >= least)
            yield goal(f"{piece}: fewer passes than serial", fewer, ">= 2.5", fewer >= 2.5)
    for row in found.get("vocabulary", ()):
        name = f"vocabulary: {row['shape']}, {row['texts']} texts"
        yield goal(name, row["ratio"], "<= 1.5", row["ratio"] <= 1.5)
    if "growth" in found:
        block = [row["tokens fed per token kept"] for row in found["growth"] if row["scope"] == "block"]
        yield goal(
            "growth: scope block, longest to shortest", block[-1] / block[0], "<= 1.1", block[-1] <= 1.1 * block[0]
        )


def machine() -> Row:
    """What it was measured on."""
    return {
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def printed(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, each printed as it comes, under a heading."""
    for number, row in enumerate(rows):
        if number == 0:
            print("  ".join(f"{name:>{width(name)}}" for name in row))
        print("  ".join(f"{cell(value):>{width(name)}}" for name, value in row.items()), flush=True)
        yield row


def width(name: str) -> int:
    """Of a column: that of its name, or of what stands in it."""
    return max(len(name), {"way": 27, "model": 10, "goal": 45, "shape": 20}.get(name, 8))


def cell(value: object) -> str:
    """Floats with three digits at least."""
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)


if __name__ == "__main__":
    main()
