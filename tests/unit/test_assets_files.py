"""The browser's files over HTTP: versions, codings, caches."""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]
import minify  # type: ignore[import-untyped]
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Mount

from app.web.assets.coding import choose_coding
from app.web.assets.files import BrowserFiles
from app.web.assets.linker import link
from app.web.assets.module import LinkError
from app.web.assets.prepared import ENTRIES, PreparedFiles
from app.web.assets.shrinking import Shrinker
from app.web.assets.styles import join_styles
from tests.service import assert_problem, caller, refusing, service
from tests.test_imports import STATIC

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

KEEP = "public, max-age=31536000, immutable"
PLAIN = {"Accept-Encoding": "identity"}
OTHER_VERSION = "v-000000000000"


async def version_of(client: httpx.AsyncClient) -> str:
    """Return the part of a path that the page puts before each file's."""
    page = (await client.get("/")).text
    versions = set(re.findall(r'"/static/(v-[0-9a-f]{12})/', page))
    assert len(versions) == 1
    return str(versions.pop())


@pytest.mark.parametrize("path", ENTRIES)
async def test_versioned_file_is_small_and_kept_for_good(path: str) -> None:
    """A browser loads each file of a page once, and not at all while it stays the same."""
    async with service(refusing()) as client:
        url = f"/static/{await version_of(client)}/{path}"
        answer = await client.get(url, headers=PLAIN)
        written = await client.get(f"/static/{path}", headers=PLAIN)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == KEEP
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == written.headers["content-type"]
    assert written.headers["cache-control"] == "no-cache"
    assert written.text == (STATIC / path).read_text()
    assert "\n// " not in answer.text
    assert not re.search(r"^\s*import\s*[{'\"]|@import", answer.text, re.MULTILINE)


async def test_file_of_another_version_is_not_kept() -> None:
    """While a new version is rolled out no cache keeps the one's content as the other's."""
    async with service(refusing()) as client:
        current = f"/static/{await version_of(client)}/page/main.js"
        expected = await client.get(current)
        answer = await client.get(f"/static/{OTHER_VERSION}/page/main.js")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.content == expected.content


@pytest.mark.parametrize("prefix", ["", "current", OTHER_VERSION])
@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_text_is_compressed_as_the_caller_likes(
    prefix: str, accepts: str, coding: str | None
) -> None:
    """The same text in each coding, each known by a tag of its own, and 304 to whoever has it."""
    async with service(refusing()) as client:
        prefix = f"{await version_of(client)}/" if prefix == "current" else prefix and f"{prefix}/"
        url = f"/static/{prefix}voice-agent/errors.js"
        request = client.build_request("GET", url, headers={"Accept-Encoding": accepts})
        raw = await client.send(request, stream=True)
        body = b"".join([part async for part in raw.aiter_raw()])
        tag = {"If-None-Match": raw.headers["etag"], "Accept-Encoding": accepts}
        again = await client.get(url, headers=tag)
        head = await client.head(url, headers={"Accept-Encoding": accepts})
        whole = await client.get(url, headers=PLAIN)

    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert raw.headers.get("content-encoding") == coding
    assert raw.headers["content-length"] == str(len(body))
    assert decode(body) == whole.content
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == raw.headers["etag"]
    assert again.headers["cache-control"] == raw.headers["cache-control"]
    assert raw.headers["vary"] == again.headers["vary"] == "Accept-Encoding"
    assert (whole.headers["etag"] == raw.headers["etag"]) == (coding is None)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == raw.headers["content-length"]


async def test_picture_goes_out_as_it_is() -> None:
    """What is compressed already is sent from its file, and kept like all else of its version."""
    async with service(refusing()) as client:
        url = f"/static/{await version_of(client)}/icons/192.png"
        answer = await client.get(url)
        again = await client.get(url, headers={"If-None-Match": answer.headers["etag"]})

    assert answer.content == (STATIC / "icons/192.png").read_bytes()
    assert answer.headers["cache-control"] == again.headers["cache-control"] == KEEP
    assert "content-encoding" not in answer.headers
    assert again.status_code == 304


async def test_part_of_a_file_is_still_to_be_had() -> None:
    """A caller that asks for a part of a file as written gets it, without a coding."""
    async with service(refusing()) as client:
        answer = await client.get("/static/page/main.js", headers={"Range": "bytes=3-9"})

    assert answer.status_code == 206
    assert answer.content == (STATIC / "page/main.js").read_bytes()[3:10]
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/none.js", "/page", "/../app/main.py", "/%2e%2e/%2e%2e/app/main.py"),
        *("/..%2f..%2fpyproject.toml", "//etc/passwd", "/%00", "/v-000000000000/page/main.js"),
    ],
)
async def test_version_leads_nowhere_else(path: str) -> None:
    """A versioned path reaches the same folder as one without, and nothing twice."""
    async with service(refusing()) as client:
        response = await client.get(f"http://voicegate.test/static/{OTHER_VERSION}{path}")

    assert_problem(response, 404, "not_found")


async def test_versioned_client_may_be_imported_by_any_page() -> None:
    """The browser client says so at both of its paths, and nothing else does."""
    async with service(refusing()) as client:
        version = await version_of(client)
        open_to_all = {
            path: (await client.get(f"/static/{path}")).headers.get("access-control-allow-origin")
            for path in (
                *("voice-agent/index.js", f"{version}/voice-agent/index.js"),
                *("page/main.js", f"{version}/page/main.js", f"{version}/../page/voice-agent/"),
            )
        }

    assert list(open_to_all.values()) == ["*", "*", None, None, None]


async def test_page_can_name_the_files_as_they_are_written() -> None:
    """Whoever debugs the browser's code sees the files themselves."""
    async with service(refusing(), plain_scripts=True) as client:
        page = (await client.get("/")).text

    assert '"/static/page/main.js"' in page
    assert "/static/v-" not in page


async def test_version_changes_with_every_file(tmp_path: Path) -> None:
    """Other content, another name or a new file is another version."""
    (tmp_path / "a").mkdir()
    versions = []
    for name, text in [("a/b.js", "1"), ("a/b.js", "2"), ("ab.js", "2"), ("empty", "")]:
        (tmp_path / name).write_text(text)
        versions.append(PreparedFiles(tmp_path).version)

    assert len(set(versions)) == 4
    assert PreparedFiles(tmp_path).version == versions[-1]


async def test_crowd_waits_for_one_preparation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many ask for a file at once, it is made ready once; whoever leaves stops nobody."""
    (tmp_path / "a.js").write_text("export const a = 1;\n")
    made = []

    def counted(entry: str, read: Callable[[str], str]) -> str:
        made.append(entry)
        return link(entry, read)

    monkeypatch.setattr("app.web.assets.prepared.link", counted)
    files = PreparedFiles(tmp_path)
    crowd = [asyncio.create_task(files.linked("a.js")) for _ in range(20)]
    await asyncio.sleep(0)
    crowd[0].cancel()
    answers = await asyncio.gather(*crowd[1:])

    assert len({id(answer) for answer in answers}) == 1
    assert (await files.linked("a.js")) is answers[0]
    assert made == ["a.js"]


async def test_memory_for_files_is_bounded(tmp_path: Path) -> None:
    """What was not used for longest is made ready again when it is asked for."""
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(name * 1000)
    files = PreparedFiles(tmp_path, max_bytes=2300)
    first = await files.linked("a.txt")
    second = await files.linked("b.txt")
    assert (await files.linked("a.txt")) is first
    await files.linked("c.txt")

    assert (await files.linked("a.txt")) is first
    assert (await files.linked("b.txt")) is not second


async def test_file_that_cannot_be_linked_goes_out_as_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A page whose script the linker does not know still works, and the log says why, once."""
    text = "export default 1;\n"
    for name in ("a.js", "b.js"):
        (tmp_path / name).write_text(text)
    files = PreparedFiles(tmp_path)
    with caplog.at_level(logging.WARNING, "voicegate.assets"):
        bodies = [(await files.linked(name)).bodies[""] for name in ("a.js", "b.js")]

    assert bodies == [b"export default 1"] * 2
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("a.js is not linked: a.js, line 1: only named exports")


async def test_file_that_cannot_be_made_small_goes_out_as_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure of the library costs size, not the page."""

    def fail(*_: str) -> str:
        raise OSError("no such library")

    monkeypatch.setattr(minify, "string", fail)
    shrinker = Shrinker()
    with caplog.at_level(logging.WARNING, "voicegate.assets"):
        texts = [shrinker.shrink("a  =  1", "text/javascript", name) for name in ("a.js", "b.js")]

    assert texts == ["a  =  1"] * 2
    assert caplog.messages == ["a.js goes out as it is written: OSError"]


async def test_first_visitor_finds_everything_ready(tmp_path: Path) -> None:
    """What a call needs is made ready behind the start; the end does not wait for the rest."""
    files = BrowserFiles()
    files.start_preparing()
    assert files._background is not None
    await files._background
    kept = set(files._files._kept)
    await files.stop_preparing()

    assert kept == {("linked", path) for path in ENTRIES}
    hurried = BrowserFiles()
    hurried.start_preparing()
    await hurried.stop_preparing()
    assert not hurried._files._kept


async def test_style_sheet_brings_what_it_imports() -> None:
    """Order and layers are as the imports say, and addresses still lead to the same files."""
    sheets = {
        "styles/main.css": (
            "/* @import url('gone.css'); */\n@layer one, two;\n"
            "@import url('one.css') layer(one);\n@import 'parts/two.css';\n"
            "a { background: url(x.png), url('/y.png'), url(\"data:,z\"), url(#id); }\n"
        ),
        "styles/one.css": "b { color: red; }",
        "styles/parts/two.css": (
            "@import '../one.css' layer(two);\nc { mask: url('../../i.svg#m'); }"
        ),
    }
    joined = join_styles("styles/main.css", sheets.__getitem__)

    assert "".join(joined.split()) == (
        "@layerone,two;@layerone{b{color:red;}}@layertwo{b{color:red;}}c{mask:url('../i.svg#m');}"
        "a{background:url(x.png),url('/y.png'),url(\"data:,z\"),url(#id);}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "@import url('a.css') print;",
        "@import url(a.css);",
        "@import 'https://elsewhere.test/a.css';",
        "@import '../a.css';",
        "@import 'main.css';",
    ],
)
async def test_import_of_an_unknown_form_is_refused(text: str) -> None:
    """A rule is never lost without a word."""
    with pytest.raises(LinkError, match=r"main\.css"):
        join_styles("main.css", {"main.css": text}.__getitem__)


@pytest.mark.parametrize(
    ("field", "coding"),
    [
        ("br", "br"),
        ("gzip", "gzip"),
        ("deflate", ""),
        ("gzip;q=1, br;q=0.001", "br"),
        ("br;q=0.0, gzip;q=0", ""),
        ("*", "br"),
        ("*;q=0, gzip", "gzip"),
        ("br;q=word, gzip;q=", ""),
        ("br;level=3", "br"),
        (";;,,q=", ""),
    ],
)
def test_coding_is_one_that_the_caller_takes(field: str, coding: str) -> None:
    """The smallest one, never one that is refused, and none where the field makes no sense."""
    assert choose_coding(Headers({"Accept-Encoding": field})) == coding


async def test_files_can_be_mounted_anywhere(tmp_path: Path) -> None:
    """The version is part of the path below the mount, whatever is above it."""
    (tmp_path / "a.js").write_text("export const a = 1;  // one\n")
    files = BrowserFiles(tmp_path)
    app = Starlette(routes=[Mount("/deep/down", files)])
    async with caller(app) as client:
        answer = await client.get(f"/deep/down/{files.prefix}a.js")

    assert answer.headers["cache-control"] == KEEP
    assert "// one" not in answer.text
