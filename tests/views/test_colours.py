"""One table of colours: nothing else names a hue, and the two verdicts can be told apart."""

import re
from pathlib import Path

from explorer.views import colours
from explorer.views.figure import declared

ROOT = Path(__file__).parents[2]
HUE = re.compile(r"#[0-9a-fA-F]{6}\b|#fff\b|\brgba?\(")
# The notes are a page of their own; a code to scan is black on white
EXEMPT = {"vendor", "notes", "links.css", "colours.py"}


def test_no_other_file_names_a_hue():
    pages = [path for path in (ROOT / "assets" / "page").rglob("*") if path.suffix in (".css", ".js", ".html")]
    files = [path for path in [*pages, *(ROOT / "explorer").rglob("*.py")] if not {*path.parts} & EXEMPT]
    assert not [str(path) for path in files if HUE.search(path.read_text("utf-8"))]


def luminance(hue: str) -> float:
    channels = (int(hue[i : i + 2], 16) / 255 for i in (1, 3, 5))
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def test_verdicts_differ_in_hue_and_the_rest_from_both():
    hues = (colours.ACCEPTED, colours.REJECTED, colours.TEMPERATURE, colours.NEUTRAL, colours.HIGHLIGHT)
    assert len(set(hues)) == len(hues)
    assert colours.LIGHT["accepted"] == colours.ACCEPTED != colours.LIGHT["rejected"] == colours.REJECTED


def test_words_can_be_read_on_their_ground():
    for table in (colours.LIGHT, colours.LIGHT | colours.DARK):
        ground = luminance(table["paper"])
        for name in ("ink", "quiet", "accepted-ink", "rejected-ink"):
            low, high = sorted((luminance(table[name]), ground))
            assert (high + 0.05) / (low + 0.05) >= 4.5, name


def test_the_page_gets_every_colour():
    style = colours.style()
    assert all(f"--{name}: {hue};" in style for table in (colours.LIGHT, colours.DARK) for name, hue in table.items())
    used = {
        name
        for path in (ROOT / "assets" / "page").rglob("*.css")
        for name in re.findall(r"var\(--([a-z-]+)\)", path.read_text())
    }
    assert {"accepted", "rejected", "ink", "paper"} <= used
    assert declared().layout.template.layout.paper_bgcolor == colours.CLEAR
