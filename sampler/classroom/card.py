"""The model cards beside the weights, filled in from base_card.txt and tuned_card.txt."""

from collections.abc import Sequence
from pathlib import Path

POINTS = 24  # of a curve


def card(name: str, **fields: object) -> str:
    """The card of a model, "base" or "tuned", with the fields that its text names."""
    return Path(__file__).with_name(f"{name}_card.txt").read_text("utf-8").format(**fields)


def curve(values: Sequence[float], title: str, step: str, unit: str) -> str:
    """A Mermaid chart of means over POINTS equal stretches, each at its last step, and the last mean in words."""
    ends = sorted({round((i + 1) * len(values) / POINTS) for i in range(POINTS)} - {0})
    starts = [0, *ends[:-1]]
    means = [sum(values[a:b]) / (b - a) for a, b in zip(starts, ends, strict=True)]
    return (
        f'```mermaid\nxychart-beta\n  title "{title}"\n  x-axis "{step}" {ends}\n  y-axis "{unit}"\n'
        f"  line [{', '.join(f'{mean:.3f}' for mean in means)}]\n```\n\n"
        f"Mean over the last {ends[-1] - starts[-1]} {step}s: {means[-1]:.4f} {unit}."
    )
