"""How a figure is declared and filled: empty series that name the fields of the rows that fill them.

For example, of the rows `steps`, whose kind is Step (a class of analysis/kinds.py), those accepted, each a dot:

    Fields(Step, "steps", {"is_accepted": True}, x="cut", y="x").dots("accepted", "step {number}: cut at token %{x}")

A series' `meta` says the same to the browser, which fills it by the same rule (assets/page/figures.js).
"""

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from itertools import cycle
from typing import Any

import plotly.graph_objects as go

from explorer.analysis import kinds
from explorer.analysis.methods import OTHERS
from explorer.analysis.tokens import safe
from explorer.views.colours import ACCEPTED, CLEAR, HIGHLIGHT, INK, NEUTRAL, PINK, REJECTED, SKY, TEMPERATURE

# Groups of methods (explorer/analysis/methods.py): name, colour, symbol, dash; Okabe-Ito, and never hue alone
STYLES = {
    "base": ("base model", NEUTRAL, "circle-open", "solid"),
    "temperature": ("lower temperature", TEMPERATURE, "diamond", "dash"),
    "greedy": ("greedy", SKY, "triangle-down", "dot"),
    "best_of": ("best of n", HIGHLIGHT, "square", "dashdot"),
    "power_block": ("power, cuts in the block", ACCEPTED, "circle", "solid"),
    "power_completion": ("power, cuts anywhere", ACCEPTED, "circle-open-dot", "longdash"),
    "target": ("p^α itself (ceiling)", PINK, "star", "longdashdot"),
    "tuned": ("RL-tuned", REJECTED, "x", "dot"),
} | {
    group: (label, NEUTRAL, symbol, "dash")
    for (group, label), symbol in zip(OTHERS.items(), cycle(("pentagon", "hexagon", "hourglass", "bowtie")))
}

# The verdicts, wherever steps are drawn: name, which steps, colour and symbol
VERDICTS = (
    ("accepted", {"is_accepted": True}, ACCEPTED, "circle"),
    ("rejected", {"is_accepted": False}, REJECTED, "x"),
)
# What a person wants to know of a step, wherever one is drawn
STEP_HOVER = (
    "<b>step {number}</b>, block {block_number}: {outcome}<br>"
    "cut at token {cut}; {changed_text}<br>log A {log_a_text}, log u {log_u_text}"
)

DRAW_AXIS = {"title": "draw (steps of the whole run)", "zeroline": False, "minallowed": -1}
POSITION_AXIS = {"title": "position in the completion (tokens)", "zeroline": False, "minallowed": -1}

FIELD = re.compile(r"(?<!%){(\w+)")  # in a hover
ENDS = ("array", "arrayminus")  # of an error bar
FONT = "system-ui, sans-serif"

Rows = dict[str, list[dict[str, Any]]]
VIEWS: dict[str, dict[str, "View"]] = defaultdict(dict)  # by page and name


def template(theme: str) -> dict[str, Any]:
    """Layout defaults for the "light" or "dark" theme: text, grid and zero lines, transparent paper."""
    ink, grid, zero = INK[theme]
    axis = {"gridcolor": grid, "zerolinecolor": zero, "linecolor": zero, "ticks": "outside", "tickcolor": zero}
    return {
        "layout": {
            "font": {"family": FONT, "size": 12, "color": ink},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "xaxis": axis,
            "yaxis": axis,
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "bgcolor": CLEAR,
                "font": {"size": 11},
                "entrywidth": 0,
            },
            "margin": {"l": 60, "r": 12, "t": 30, "b": 42},
            "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left"},
            "modebar": {"bgcolor": CLEAR, "color": zero, "activecolor": ink},
        }
    }


def declared(*series: Any, **layout: Any) -> go.Figure:
    """A figure of empty series on the light template."""
    return go.Figure(list(series), layout={"template": template("light"), "hovermode": "closest", **layout})


def compared(*series: Any, **layout: Any) -> go.Figure:
    """A figure that leaves out the series with nothing to show: not every method was asked everything."""
    return declared(*series, meta={"only_filled": True}, **layout)


class Fields:
    """What a series draws: of a list of rows those where some fields have some values, and a field an attribute.

    An error bar has a pair of fields, upwards and downwards, or one for both.
    """

    def __init__(
        self, kind: type, rows: str, where: dict[str, Any] | None = None, **names: str | tuple[str, ...]
    ) -> None:
        bars = {name: names.pop(name) for name in ("error_x", "error_y") if name in names}
        arrays = {f"{bar}.{end}": field for bar, pair in bars.items() for end, field in zip(ENDS, pair, strict=False)}
        self.meta = {"kind": kind.__name__, "rows": rows, "where": where or {}, "fields": names | arrays}
        self.error_bars = {bar: {"type": "data", "symmetric": len(pair) == 1} for bar, pair in bars.items()}

    def series(self, trace: type, name: str, hover: str, **look: Any) -> Any:
        """An empty series of a class of Plotly's; in `hover` {field} is one of the row, %{x} Plotly's own."""
        custom = list(dict.fromkeys(FIELD.findall(hover)))
        text = FIELD.sub(lambda found: f"%{{customdata[{custom.index(found[1])}]", hover)
        text = text if "<extra>" in text else f"{text}<extra></extra>"
        look |= {bar: kind | look.get(bar, {}) for bar, kind in self.error_bars.items()}
        return trace(name=name, hovertemplate=text, meta=self.meta | {"custom": custom}, **look)

    def dots(self, name: str, hover: str, **look: Any) -> go.Scatter:
        return self.series(go.Scatter, name, hover, mode="markers", **look)

    def lines(self, name: str, hover: str, mode: str = "lines", **look: Any) -> go.Scatter:
        return self.series(go.Scatter, name, hover, mode=mode, **look)

    def bars(self, name: str, hover: str, **look: Any) -> go.Bar:
        return self.series(go.Bar, name, hover, **look)


def hatched(colour: str, shape: str) -> dict[str, Any]:
    """The marker of a bar in a colour, with white strokes so that it never stands on hue alone; "" for none."""
    return {"color": colour, "pattern": {"shape": shape, "fgcolor": "white", "fillmode": "overlay", "size": 6}}


class View:
    """A figure by its name: its checked declaration, and its fill from what `rows_of` makes of a run, or of results.

    `heading` says where and under which words a browser draws it: page, title, caption.
    """

    def __init__(self, declare: Callable[[], go.Figure], rows_of: Callable[..., Rows], **heading: str) -> None:
        self.name, self.__doc__ = declare.__name__, declare.__doc__
        self._declare, self._rows_of = declare, rows_of
        self.heading = heading

    @cached_property
    def declaration(self) -> go.Figure:
        """Empty series that name their fields; ValueError if one asks for a field that its kind of rows lacks."""
        figure = self._declare()
        for each in figure.data:
            meta, known = each.meta, getattr(kinds, each.meta["kind"]).__annotations__
            for field in [*meta["where"], *meta["fields"].values(), *meta["custom"]]:
                if field not in known:
                    raise ValueError(f"{self._of(each)}: {meta['kind']} has no field {field}")
        return figure

    def __call__(self, *source: Any) -> go.Figure:
        """The figure filled for a notebook, a page that is saved, or a test."""
        return self.filled(self._rows_of(*source))

    def filled(self, rows: Rows) -> go.Figure:
        """A copy of the declaration filled from rows; ValueError if a row that is drawn lacks a field."""
        figure = go.Figure(self.declaration)
        for each in figure.data:
            try:
                fill(each, rows.get(each.meta["rows"], []))
            except KeyError as error:
                raise ValueError(f"{self._of(each)}: a row of {each.meta['rows']} lacks {error.args[0]}") from None
        if (figure.layout.meta or {}).get("only_filled"):
            figure.data = [each for each in figure.data if any(y is not None for y in each.y or ())]
        return figure

    def _of(self, series: Any) -> str:
        return f"figure {self.name}, series {series.name}"


def view(
    page: str, rows_of: Callable[..., Rows] = dict, title: str = "", caption: str = ""
) -> Callable[[Callable[[], go.Figure]], View]:
    """Registers a figure under its page and the name of the function that declares it.

    A figure without a place in the page's HTML gets one under `title` and `caption` (explore and diagnostics).
    """

    def registered(declare: Callable[[], go.Figure]) -> View:
        return VIEWS[page].setdefault(declare.__name__, View(declare, rows_of, page=page, title=title, caption=caption))

    return registered


def fill(series: Any, rows: list[dict[str, Any]]) -> None:
    """Fill one series in place; KeyError with a field that a row lacks."""
    meta = series.meta
    chosen = [row for row in rows if all(row[field] == value for field, value in meta["where"].items())]
    values = {name: column([row[field] for row in chosen]) for name, field in meta["fields"].items()}
    if meta["custom"]:
        cells = ([row[field] for field in meta["custom"]] for row in chosen)
        values["customdata"] = [[safe(cell) if isinstance(cell, str) else cell for cell in row] for row in cells]
    series.update({name.replace(".", "_"): value for name, value in values.items()})


def column(values: list[Any]) -> list[Any]:
    """One field of all rows; lists over positions are padded with gaps to the longest."""
    if not any(isinstance(value, list) for value in values):
        return values
    width = max(map(len, values))
    return [value + [None] * (width - len(value)) for value in values]
