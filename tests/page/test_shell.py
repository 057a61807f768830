"""The page without Gradio, as text: what it points at is there, and one file points at nothing."""

import base64
import json
import re

from explorer.page.shell import ASSETS, IMPORT, PAGES, bare, folder_index, inner, modules, whole_file

ADDRESSES = re.compile(r"""(?:src|href)="([^"]*)\"""")


def import_map() -> dict[str, str]:
    """The scripts of the one file, by their names."""
    [found] = re.findall(r'<script type="importmap">(.*?)</script>', whole_file())
    urls = json.loads(found)["imports"]
    return {name: base64.b64decode(url.split(",")[1]).decode() for name, url in urls.items()}


def test_a_folders_index_points_at_files_that_are_there():
    addresses = [each for each in ADDRESSES.findall(folder_index()) if not each.startswith("data:")]
    assert len(addresses) >= 6
    for address in addresses:
        assert address.startswith("explorer/page/")
        assert (ASSETS / address.removeprefix("explorer/page/")).is_file()


def test_a_folders_index_holds_every_page():
    for name in PAGES:
        assert f'<section id="{name}" role="tabpanel"' in folder_index()


def test_one_file_points_at_nothing_outside():
    assert [each[:40] for each in ADDRESSES.findall(whole_file()) if not each.startswith("data:")] == []
    assert whole_file().count("<!-- data -->") == 1


def test_one_file_holds_every_script_under_the_name_that_others_import_it_by():
    scripts = import_map()
    assert scripts.keys() == {bare(path) for path in modules()}
    for name, script in scripts.items():
        wanted = re.findall(r"""(?:\bfrom|^import) "([^"]+)";""", script, flags=re.MULTILINE)
        assert set(wanted) <= scripts.keys(), name


def test_every_import_is_one_that_can_be_renamed():
    """A relative path in double quotes, ended by a semicolon; outside of comments nothing is imported while running."""
    others = []
    for path in modules():
        script = path.read_text("utf-8")
        statements = re.findall(r"^import\b|^export (?:\*|\{[^}]*\}) from\b", script, flags=re.MULTILINE)
        are_plain = len(IMPORT.findall(script)) == len(statements)
        are_plain = are_plain and not re.search(r"^(?! *\*).*\bimport\(", script, flags=re.MULTILINE)
        others += [bare(path)] * (not are_plain or 'from ".' in inner(path))
    assert others == []


def test_no_style_can_end_its_element():
    assert all("</style" not in path.read_text("utf-8").lower() for path in ASSETS.rglob("*.css"))


def test_every_lesson_has_its_file_and_its_line():
    files = [path.stem for path in (ASSETS / "learn" / "lessons").iterdir()]
    listed = re.findall(r'^  "([\w-]+)",$', (ASSETS / "learn" / "lessons.js").read_text("utf-8"), flags=re.MULTILINE)
    assert sorted(files) == sorted(listed) != []
