"""Links: what they restore in the real page, what becomes of bad ones, and how they are handed on."""

from io import BytesIO
from urllib.parse import quote, urlencode

import pytest
import zxingcpp
from conftest import Visit
from PIL import Image

from sampler.classroom.presets import PRESETS

pytestmark = pytest.mark.browser
LINKS = "window.explorer.links"


def follow(visit, query: str):
    """Open a link and wait until the page is in its state."""
    visit.page.goto(f"{visit.address}?{query}")
    visit.page.wait_for_selector("[data-is-open]", state="attached")
    visit.until("s.moments.length > 0")
    return visit


def complaints(visit) -> list[str]:
    return visit.page.locator("[data-link=complaints] li").all_inner_texts()


def value(visit, selector: str) -> str:
    return visit.page.locator(f"{selector} input").first.input_value()


# ---- what a link restores


def test_a_recorded_run_and_a_step_before_its_verdict(visit):
    follow(visit, "preset=sums-2&step=12p&theme=dark")
    assert visit.store("s.run.recorded") and visit.store("s.dark")
    assert visit.store("s.run.prompt") == next(p.prompt for p in PRESETS if p.id == "sums-2")
    assert visit.store("[s.moments[s.selected].draw, s.phase]") == [11, "proposed"]
    assert value(visit, "#preset").startswith("sums-2")
    assert complaints(visit) == []


def test_a_block_as_it_was_written(visit):
    follow(visit, "preset=sums-2&step=b2&theme=light")
    assert visit.store("[s.moments[s.selected].kind, s.moments[s.selected].block]") == ["extension", 1]


def test_a_run_of_other_settings_is_made_anew_with_the_same_draws(visit, browser):
    query = "preset=pairs-1&alpha=2.5&tau=0.6&B=8&blocks=3&N=4&scope=completion&seed=11&step=7&theme=light"
    follow(visit, query)
    visit.until("!s.canContinue")
    settings = {"alpha": 2.5, "proposal_temperature": 0.6, "max_new_tokens": 24, "block_size": 8}
    settings |= {"steps_per_block": 4, "scope": "completion", "seed": 11}
    found = visit.store("s.run.settings")
    assert {name: found[name] for name in settings} == settings
    assert visit.store("[s.moments[s.selected].draw, s.phase, s.speed]") == [6, "judged", 20]
    assert [value(visit, each) for each in ("#alpha", "#temperature")] == ["2.5", "0.6"]
    visit.page.click("#details button")
    visit.page.wait_for_selector("#seed input")
    assert [value(visit, each) for each in ("#block-size", "#blocks", "#steps", "#seed")] == ["8", "3", "4", "11"]
    first = visit.store("s.moments.map((m) => m.text)")
    link = visit.page.evaluate(f"{LINKS}.address()")
    assert link == f"{visit.address}?{query}"
    other = Visit(browser.new_page(), visit.address)
    follow(other, link.partition("?")[2])
    other.until("!s.canContinue")
    assert other.store("s.moments.map((m) => m.text)") == first
    other.page.close()


def test_a_prompt_of_ones_own_at_infinite_alpha(visit):
    follow(visit, urlencode({"prompt": "Ann has 20, Bob has 22. Add it all.", "alpha": "inf", "tau": 0.5, "blocks": 2}))
    assert visit.store("s.run.prompt") == "Ann has 20, Bob has 22. Add it all."
    assert visit.store("s.run.settings.alpha === Infinity")
    assert visit.page.locator("#infinite input").is_checked()


def test_the_tree_page_with_its_world_and_dials(visit):
    follow(visit, "page=tree&world=pivot&alpha=2&B=1&eps=0.2&futures=6&theme=light")
    world = visit.page.evaluate("window.explorer.tree.state.world")
    assert world == {"world": "pivot", "eps": 0.2, "eps_prime": 0.4, "futures": 6}
    assert visit.page.evaluate("[window.explorer.tree.state.alpha, window.explorer.tree.state.blockSize]") == [2, 1]
    assert visit.page.locator("[data-field=eps]").input_value() == "0.2"
    link = visit.page.evaluate(f"{LINKS}.address()")
    assert link == f"{visit.address}?page=tree&world=pivot&alpha=2&B=1&eps=0.2&futures=6&theme=light"


def test_the_compare_page_with_its_task(visit):
    follow(visit, "page=compare&task=sums")
    visit.page.wait_for_selector("[name=compare-tasks][value=sums]:checked")
    assert "task=sums" in visit.page.evaluate(f"{LINKS}.address()")


@pytest.mark.parametrize("query", ["lesson=2&theme=light", "page=learn&lesson=2&theme=light"])
def test_a_lesson_begins(visit, query):
    follow(visit, query)
    visit.page.wait_for_function("window.explorer.learn.state.phase === 'asked'")
    assert visit.page.evaluate("window.explorer.learn.state.lesson") == 1
    assert visit.page.evaluate(f"{LINKS}.address()") == f"{visit.address}?page=learn&lesson=2&theme=light"


def test_one_wish_after_another_and_only_the_last_counts(visit):
    follow(visit, "theme=light")
    told = visit.page.evaluate(f"""async () => {{
      const named = [{{ page: "tree", world: "blocks", B: 2 }}, {{ preset: "cups-2", step: "3p" }}];
      const both = await Promise.all(named.map((link) => {LINKS}.show(link)));
      return [...both, {LINKS}.address()];
    }}""")
    assert told == [False, True, f"{visit.address}?preset=cups-2&step=3p&theme=light"]


# ---- bad links


@pytest.fixture(scope="module")
def reader(browser, address):
    """A page that reads many query strings."""
    page = browser.new_page()
    page.goto(address)
    page.wait_for_function("window.explorer")
    yield lambda query: page.evaluate(f"(query) => {LINKS}.read(query)", query)
    page.close()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("alpha=NaN", "alpha must be a number from 1 to 10, or inf, not “NaN”"),
        ("alpha=-1", "alpha must be a number from 1 to 10"),
        ("alpha=0", "alpha must be a number from 1 to 10"),
        ("alpha=1e1", "alpha must be a number from 1 to 10"),
        ("alpha=-inf", "alpha must be a number from 1 to 10"),
        ("alpha=inf", "alpha may be inf only where tau is given"),
        ("tau=0", "tau must be a number from 0.05 to 2"),
        ("tau=inf", "tau must be a number from 0.05 to 2"),
        ("B=65", "B must be a whole number from 1 to 64, not “65”"),
        ("B=2.5", "B must be a whole number"),
        ("B=%zz", "B must be a whole number"),
        ("blocks=", "blocks must be a whole number from 1 to 16, not “”"),
        ("N=101", "N must be a whole number from 0 to 100"),
        ("seed=-3", "seed must be a whole number from 0 to"),
        ("seed=99999999999999999999", "seed must be a whole number from 0 to"),
        ("seed=1&seed=2", "seed is given 2 times"),
        ("seed=%00", "seed must be a whole number"),
        ("scope=all", "scope must be one of block, completion, not “all”"),
        ("step=-1", "step must be a draw such as 12"),
        ("step=12x", "step must be a draw such as 12"),
        ("model=/etc/passwd", "model must be one of classroom, classroom-tuned"),
        ("model=__proto__", "model must be one of classroom"),
        ("preset=cups-99", "preset must be one of cups-1"),
        ("prompt=%20", "prompt must be 1 to 10000 characters long"),
        (f"prompt={'x' * 10_001}", "prompt must be 1 to 10000 characters long, not “xxx"),
        ("preset=cups-1&prompt=Hello", "preset and prompt are both given"),
        ("page=nowhere", "page must be one of explore, tree, compare"),
        ("lesson=99", "lesson must be a whole number from 1 to "),
        ("page=tree&lesson=2", "lesson belongs to the page learn"),
        ("page=tree&world=moon", "world must be one of paper"),
        ("page=tree&world=pivot&eps=2", "eps must be a number from 0.01 to 0.98"),
        ("page=tree&alpha=inf", "alpha must be a number from 1 to 10, not “inf”"),
        ("page=tree&N=3", "N belongs to the page explore"),
        ("page=compare&task=life", "task must be one of all tasks, cups"),
        ("theme=pink", "theme must be one of light, dark, not “pink”"),
        ("hide=alpha,everything", "hide must be names out of preset, prompt"),
        ("lock=constructor", "lock must be names out of preset, prompt"),
        ("present=yes", "present must be 1 or 0"),
        ("colour=red", "“colour” is no parameter of a link"),
        ("__proto__x=1&constructor=1", "“constructor” is no parameter of a link"),
        ("%F0%9F%8E%B2=1", "“🎲” is no parameter of a link"),
    ],
)
def test_a_bad_parameter_is_dropped_with_one_sentence(reader, query, words):
    told = reader(f"?{query}")
    assert len(told["complaints"]) == 1
    assert told["complaints"][0].startswith(words)
    assert len(told["complaints"][0]) < 500
    kept = {"page"} if "lesson" in query or (query.startswith("page=") and "&" in query) else set()
    assert {name for name, given in told["link"].items() if given is not None} <= kept | {"prompt", "world"}


def test_gradios_own_parameters_are_left_alone(reader):
    assert reader("?__theme=dark&__sign=abc&view=api&logs=container") == {"link": {}, "complaints": []}


def test_what_is_written_is_read_again(reader, visit):
    follow(visit, "theme=light")
    named = [
        {},
        {"page": "explore", "preset": "sums-3", "alpha": 1.25, "tau": 0.25, "B": 1, "blocks": 16, "N": 0, "step": "3"},
        {"prompt": "null", "model": "classroom-tuned", "seed": 2**53 - 1, "scope": "completion", "step": "b2"},
        {"prompt": "a&b=c #d%20+ “é” 🎲\n<b>", "hide": ["seed", "pages"], "lock": ["alpha"], "present": True},
        {"page": "tree", "world": "own", "text": "a 0.5\nb 0.5\n", "normalise": True, "alpha": 1, "B": 2},
        {"page": "tree", "world": "network", "prompt": "x", "model": "classroom-tuned"},
        {"page": "compare", "task": "cups", "theme": "dark", "notes": True},
    ]
    for link in named:
        query = visit.page.evaluate(f"(link) => {LINKS}.write(link)", link)
        told = reader(f"?{query}")
        assert told["complaints"] == []
        assert told["link"] == {name: given for name, given in link.items() if (name, given) != ("page", "explore")}


def test_a_bad_link_opens_the_page_as_it_is_and_says_why(visit):
    follow(visit, f"N=400&seed=-1&foo=1&alpha=nan&prompt={'x' * 10_001}&theme=light")
    assert visit.store("[s.run.recorded, s.run.settings.seed, s.head - s.moments.length]") == [True, 0, -1]
    assert len(complaints(visit)) == 5
    visit.page.click("[data-link=complaints] button")
    assert not visit.page.locator("[data-link=complaints]").is_visible()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("blocks=16&N=100&scope=completion", "Steps per block must be at most 12"),
        ("preset=cups-2&step=400", "step 400 is not in this run, which has 40 draws"),
        ("page=tree&world=own&text=zzz", "Line 1 must be"),
        ("page=tree&world=paper&B=5", "B must be at most 2 in this world, not 5"),
    ],
)
def test_what_only_the_server_or_the_run_can_tell_is_said_as_well(visit, query, words):
    follow(visit, query)
    [sentence] = complaints(visit)
    assert sentence.startswith(words)


# ---- hidden and locked controls


def test_hidden_controls_vanish_and_locked_ones_are_dead_to_mouse_and_keyboard(visit):
    follow(visit, "hide=save,seed,pages&lock=alpha,B,scope&theme=light")
    assert not visit.page.locator("#save").is_visible()
    assert not visit.page.get_by_role("tab", name="Tree").is_visible()
    visit.page.click("#details button")
    visit.page.wait_for_selector("#block-size input:disabled")
    assert not visit.page.locator("#seed").is_visible()
    for name in ("#alpha", "#block-size", "#scope"):
        assert visit.page.locator(name).is_visible()
        visit.page.wait_for_function(
            "(name) => [...document.querySelectorAll(`${name} :is(input, button)`)].every((each) => each.disabled)",
            arg=name,
        )
        visit.page.evaluate("(name) => document.querySelector(`${name} input`).focus()", name)
        assert visit.page.evaluate("(name) => !document.activeElement.closest(name)", name)
    assert visit.page.locator("#steps input").first.is_enabled()
    assert "hide=save%2Cseed%2Cpages&lock=alpha%2CB%2Cscope" in visit.page.evaluate(f"{LINKS}.address()")


def test_a_teacher_chooses_on_the_page_and_the_link_carries_it(visit):
    follow(visit, "theme=light&lock=alpha")
    visit.page.click("[data-link=teacher]")
    dialog = visit.page.get_by_role("dialog", name="For teachers")
    assert dialog.get_by_label("alpha").input_value() == "locked"
    dialog.get_by_label("alpha").select_option("in sight")
    dialog.get_by_label("run").select_option("hidden")
    dialog.get_by_label("preset").select_option("locked")
    visit.page.keyboard.press("Escape")
    assert visit.page.locator("#alpha input").first.is_enabled()
    assert not visit.page.locator("#run").is_visible()
    visit.page.wait_for_selector("#preset input:disabled")
    assert visit.page.evaluate(f"{LINKS}.address()").endswith("theme=light&hide=run&lock=preset")


# ---- handing a link on


def test_copied_to_the_clipboard(visit):
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    follow(visit, "preset=sums-2&step=5&theme=light")
    visit.page.click("[data-link=copy]")
    visit.page.wait_for_function("document.querySelector('[data-link=words]').innerText === 'Copied.'")
    link = f"{visit.address}?preset=sums-2&step=5&theme=light"
    assert visit.page.evaluate("navigator.clipboard.readText()") == link


def test_a_refused_clipboard_leaves_the_link_selected_in_a_field(visit):
    visit.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined });")
    follow(visit, "preset=sums-2&step=5&theme=light")
    visit.page.click("[data-link=copy]")
    field = visit.page.locator("[data-link=field]")
    field.wait_for(state="visible")
    link = f"{visit.address}?preset=sums-2&step=5&theme=light"
    assert field.input_value() == link
    chosen = visit.page.evaluate("[document.activeElement.selectionStart, document.activeElement.selectionEnd]")
    assert chosen == [0, len(link)]


def photographed(visit) -> list[str]:
    """What another program reads off the dialog as it stands on the screen."""
    picture = Image.open(BytesIO(visit.page.locator(".code").screenshot())).convert("L")
    return [code.text for code in zxingcpp.read_barcodes(picture)]


LONG = f"alpha=2&N=2&blocks=1&theme=light&prompt={quote('é & 🎲 ' * 30)}"


@pytest.mark.parametrize("query", ["preset=sums-2&step=5&theme=light", LONG], ids=["short", "long"])
def test_a_camera_reads_the_link_off_the_code(visit, query):
    follow(visit, query)
    visit.page.click("[data-link=code]")
    link = visit.page.evaluate(f"{LINKS}.address()")
    assert visit.page.locator(".code-link").inner_text() == link
    assert photographed(visit) == [link]
    visit.page.get_by_label("speaker's notes").check()
    assert photographed(visit) == [f"{link}&notes=1"]
    visit.page.keyboard.press("Escape")
    assert not visit.page.locator(".code").is_visible()


def test_a_link_too_long_for_any_code_says_so(visit):
    tree = "".join(f"{'x' * 30}{i} 0.0125\n" for i in range(80))
    follow(visit, urlencode({"page": "tree", "world": "own", "text": tree}))
    assert complaints(visit) == []
    visit.page.click("[data-link=code]")
    assert "too long for a QR code" in visit.page.locator(".code-picture").inner_text()
