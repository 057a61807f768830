"""Unchanging files come from memory, compressed once, byte for byte what the app itself answers."""

import gzip

import pytest
from asking import in_own_loop
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from explorer.page.serving.files import Files

TEXT = "const words = 'the same words again and again';\n" * 200
ZIPPED = {"accept-encoding": "gzip, br"}


class Site:
    """A small app behind Files, and how often each address reached it."""

    def __init__(self, folder):
        (folder / "main.js").write_text(TEXT)
        (folder / "dot.png").write_bytes(bytes(range(256)) * 4)
        self.asked = []
        files = StaticFiles(directory=folder)

        async def counted(scope, receive, send):
            self.asked.append(scope["path"])
            await files(scope, receive, send)

        def live(request: Request) -> Response:
            self.asked.append(request.url.path)
            return PlainTextResponse(f"{len(self.asked)}")

        own = [Middleware(GZipMiddleware), Middleware(Files)]  # as Gradio puts its own compression before ours
        routes = [Mount("/explorer/page", counted), Route("/explorer/odd", live), Route("/live", live)]
        self.client = TestClient(Starlette(routes=routes, middleware=own))


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.mark.parametrize("accepted", ["br", "gzip, deflate, br", "gzip", "identity"])
def test_each_browser_gets_the_file_whole_each_time(site, accepted):
    for _ in range(3):
        answer = site.client.get("/explorer/page/main.js", headers={"accept-encoding": accepted})
        assert answer.status_code == 200
        assert answer.text == TEXT
    assert site.asked == ["/explorer/page/main.js"]


def test_compression_is_said_and_is_smaller(site):
    with site.client.stream("GET", "/explorer/page/main.js", headers=ZIPPED) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"].lower() == "accept-encoding"
    assert int(answer.headers["content-length"]) == len(raw) < len(TEXT) / 10
    assert gzip.decompress(raw).decode() == TEXT


def test_pictures_are_left_as_they_are(site):
    answer = site.client.get("/explorer/page/dot.png", headers=ZIPPED)
    assert "content-encoding" not in answer.headers
    assert answer.content == bytes(range(256)) * 4


def test_a_browser_that_has_the_file_is_told_so_without_it(site):
    known = site.client.get("/explorer/page/main.js", headers=ZIPPED).headers["etag"]
    again = site.client.get("/explorer/page/main.js", headers=ZIPPED | {"if-none-match": known})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", known)
    other = site.client.get("/explorer/page/main.js", headers=ZIPPED | {"if-none-match": '"other"'})
    assert other.text == TEXT


def test_what_the_first_browser_has_already_is_not_taken_for_the_answer(tmp_path):
    first, fresh = Site(tmp_path).client, Site(tmp_path).client
    etag = first.get("/explorer/page/main.js").headers["etag"]
    assert fresh.get("/explorer/page/main.js", headers={"if-none-match": etag}).status_code == 304
    assert fresh.get("/explorer/page/main.js").text == TEXT


@pytest.mark.parametrize("path", ["/explorer/page//main.js", "/explorer/page/main.js?v=1"])
def test_one_file_is_kept_under_one_name(site, path):
    for _ in range(2):
        site.client.get(path)
    assert len(site.asked) == 2


def test_no_error_is_kept(site):
    for _ in range(2):
        assert site.client.get("/explorer/page/none.js").status_code == 404
    assert len(site.asked) == 2


def test_an_answer_that_broke_off_is_not_kept():
    """The browser that asked first has gone in the middle: the next one gets the file whole."""
    parts = [[(b"one ", True)], [(b"one ", True), (b"two", False)]]

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for body, more in parts.pop(0):
            await send({"type": "http.response.body", "body": body, "more_body": more})

    async def asked() -> list[dict]:
        told, scope = [], {"type": "http", "method": "GET", "path": "/assets/a.js", "query_string": b"", "headers": []}

        async def send(message):
            told.append(message)

        await files(scope, None, send)
        return told

    files = Files(app)
    assert in_own_loop(asked())[-1]["more_body"]
    assert [in_own_loop(asked())[-1]["body"] for _ in range(2)] == [b"one two"] * 2


def test_a_part_of_a_file_is_the_apps_to_give(site):
    whole = site.client.get("/explorer/page/main.js", headers={"accept-encoding": "identity"})
    part = site.client.get("/explorer/page/main.js", headers={"range": "bytes=0-4", "accept-encoding": "identity"})
    assert (part.status_code, part.text) == (206, whole.text[:5])


def test_other_addresses_are_answered_anew(site):
    assert [site.client.get("/live").text for _ in range(2)] == ["1", "2"]
    assert [site.client.get("/explorer/odd").text for _ in range(2)] == ["3", "3"]  # ours never change
    assert site.client.post("/explorer/odd").status_code == 405
