"""Every colour of figures and page, once. Hues are Okabe-Ito's; a meaning never stands on hue alone.

The page gets the table as CSS variables: ACCEPTED is var(--accepted).
"""

BLUE, VERMILLION, GREEN, AMBER = "#0072b2", "#d55e00", "#009e73", "#e69f00"
SKY, PINK, YELLOW, OLIVE, GREY = "#56b4e9", "#cc79a7", "#f0e442", "#b8a900", "#8a8f98"

ACCEPTED = BLUE  # with a filled dot
REJECTED = VERMILLION  # with a cross
TEMPERATURE = GREEN  # with a diamond
NEUTRAL = GREY
HIGHLIGHT = AMBER
CLEAR = "#00000000"

BLUES = [[0, "#08519c"], [0.25, "#6baed6"], [1, "#e3eef8"]]  # just changed is darkest
PURPLES = [[0, "#4a1486"], [0.5, "#9e9ac8"], [1, "#f2f0f7"]]
ORANGES = [[0, "#fff5e6"], [0.5, "#fdae6b"], [1, "#a63603"]]
GREENS = [[0, "#eef8ea"], [0.5, "#74c476"], [1, "#005a32"]]

INK = {"light": ("#1f2937", "#e5e7eb", "#9ca3af"), "dark": ("#e5e7eb", "#374151", "#6b7280")}  # of figures

LIGHT = {
    "accepted": ACCEPTED,
    "accepted-faint": f"{ACCEPTED}14",
    "accepted-light": f"{ACCEPTED}4d",
    "accepted-ink": "#005a8e",
    "rejected": REJECTED,
    "rejected-ink": "#a64800",
    "temperature": TEMPERATURE,
    "extended": NEUTRAL,
    "proposed": "#b07aa1",
    "highlight": HIGHLIGHT,
    "probable": "#6e46aa",
    "survivor": "#008264",
    "ink": "#1f2937",
    "quiet": "#5b6472",
    "paper": "#ffffff",
    "ground": "#f5f7fa",
    "line": "#d9dee6",
    "frame": "#334155",
    "label": "#ffffffcc",
    "focus": "#7b3fb5",
    "veil": "#7882961a",
    "veil-frozen": "#7882962e",
    "shadow": "#141e3024",
    "backdrop": "#0a0f1999",
    "white": "#ffffff",
} | {f"branch-{i}": hue for i, hue in enumerate((SKY, AMBER, GREEN, PINK, YELLOW, "#999999"))}
DARK = {
    "accepted-ink": "#6cbcf0",
    "rejected-ink": "#ff9a52",
    "proposed": "#d3a4c6",
    "ink": "#e8ecf2",
    "quiet": "#a7b0be",
    "paper": "#1b2230",
    "ground": "#121722",
    "line": "#36404f",
    "frame": "#cbd5e1",
    "label": "#1b2230cc",
    "focus": "#ffc04d",
}


def style() -> str:
    """The table as a style element for the head of a page."""
    rules = {":root": LIGHT, ":root:has(body.dark), .dark": DARK}.items()
    lines = (f"{where} {{ {' '.join(f'--{name}: {hue};' for name, hue in table.items())} }}" for where, table in rules)
    return f"<style>{' '.join(lines)}</style>"
