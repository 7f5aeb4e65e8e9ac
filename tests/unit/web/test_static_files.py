"""Static files: built ones and sources, codings, caches, types, and what may not be read."""

import gzip
import hashlib
import json
import mimetypes
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Mount

from app.web.static_files import MEDIA_TYPES, BrowserFiles
from app.web.weighted import choose_coding
from tests.service import assert_problem, caller, refusing, service

IMMUTABLE = "public, max-age=31536000, immutable"
STABLE = "public, max-age=300, stale-while-revalidate=86400"
IDENTITY = {"Accept-Encoding": "identity"}
SOURCES = {
    "page/main.js": "export const page = 1; // written\n",
    "voice-agent/element.js": "export const element = 1; // written\n",
    "voice-agent/part.js": "export const part = 1; // written\n",
    "icons/192.png": "a picture",
}
HASHED = {
    "page/main.js": "page/main-ABCDEFGH.js",
    "voice-agent/element.js": "voice-agent/element-IJKLMNOP.js",
    "icons/192.png": "icons/192-QRSTUVWX.png",
}
BUILT = {
    "page/main-ABCDEFGH.js": "const page=1;",
    "page/main-ABCDEFGH.js.map": "{}",
    "voice-agent/element-IJKLMNOP.js": "const element=1;",
    "voice-agent/element.js": "const element=1;",
    "icons/192-QRSTUVWX.png": "a picture",
}


def build(folder: Path) -> Path:
    """Write a folder of sources and what was built of them, as static/build/build.js does."""
    digests = {}
    for name, text in SOURCES.items():
        write(folder / name, text.encode())
        digests[name] = hashlib.sha256(text.encode()).hexdigest()
    for name, text in BUILT.items():
        write(folder / "dist" / name, text.encode())
        if not name.endswith(".png"):
            write(folder / "dist" / f"{name}.br", brotli.compress(text.encode()))
            write(folder / "dist" / f"{name}.gz", gzip.compress(text.encode()))
    manifest = json.dumps({"built": HASHED, "sources": digests})
    write(folder / "dist/manifest.json", manifest.encode())
    write(folder / "build/build.js", b"build();")
    return folder


def write(path: Path, content: bytes) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def client_of(files: BrowserFiles) -> httpx.AsyncClient:
    """Return a client of an app that serves the files, and nothing else."""
    return caller(Starlette(routes=[Mount("/deep/static", files)]))


@pytest.mark.parametrize("source", HASHED)
async def test_built_file_is_named_by_its_content_and_kept_for_good(
    tmp_path: Path, source: str
) -> None:
    """A browser loads each file of a page once, and not at all while it stays the same."""
    files = BrowserFiles(build(tmp_path))
    async with client_of(files) as client:
        answer = await client.get(f"/deep/static/{files.path_of(source)}")
        tag = {"If-None-Match": answer.headers["etag"]}
        again = await client.get(f"/deep/static/{files.path_of(source)}", headers=tag)

    assert files.path_of(source) == HASHED[source]
    assert answer.text == BUILT[HASHED[source]]
    assert answer.headers["cache-control"] == again.headers["cache-control"] == IMMUTABLE
    assert again.status_code == 304


async def test_name_that_other_sites_write_down_is_kept_for_minutes(tmp_path: Path) -> None:
    """Such a page gets what was built, and a release soon, without waiting for the question."""
    files = BrowserFiles(build(tmp_path))
    async with client_of(files) as client:
        answer = await client.get("/deep/static/voice-agent/element.js")
        tag = {"If-None-Match": answer.headers["etag"]}
        again = await client.get("/deep/static/voice-agent/element.js", headers=tag)
        write(tmp_path / "dist/manifest.json", changed_manifest(tmp_path, "ZZZZZZZZ"))
        async with client_of(BrowserFiles(tmp_path)) as next_release:
            after = await next_release.get("/deep/static/voice-agent/element.js", headers=tag)

    assert answer.text == BUILT["voice-agent/element.js"]
    assert answer.headers["cache-control"] == again.headers["cache-control"] == STABLE
    assert (again.status_code, again.content) == (304, b"")
    assert after.status_code == 200


def changed_manifest(folder: Path, digest: str) -> bytes:
    """Return the manifest of a release with another element."""
    text = (folder / "dist/manifest.json").read_text()
    return text.replace("IJKLMNOP", digest).encode()


async def test_file_of_another_release_is_not_kept(tmp_path: Path) -> None:
    """While a new version is rolled out no cache keeps the one's content as the other's."""
    async with client_of(BrowserFiles(build(tmp_path))) as client:
        answer = await client.get("/deep/static/page/main-22222222.js")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text == BUILT["page/main-ABCDEFGH.js"]


@pytest.mark.parametrize(
    ("as_written", "built", "why"),
    [
        (True, True, "--plain-scripts asks for it"),
        (False, False, "nothing was built; run `make build` and start again"),
    ],
)
async def test_sources_are_served_where_nothing_was_built(
    tmp_path: Path, why: str, *, as_written: bool, built: bool
) -> None:
    """Whoever works on the browser's code sees a change after a reload, and needs no Node."""
    build(tmp_path)
    if not built:
        (tmp_path / "dist/manifest.json").unlink()
    files = BrowserFiles(tmp_path, as_written=as_written)
    async with client_of(files) as client:
        before = await client.get(f"/deep/static/{files.path_of('voice-agent/element.js')}")
        tag = {"If-None-Match": before.headers["etag"]}
        same = await client.get("/deep/static/voice-agent/element.js", headers=tag)
        write(tmp_path / "voice-agent/element.js", b"export const changed = 1;\n")
        after = await client.get("/deep/static/voice-agent/element.js", headers=tag)

    assert files.why_unbuilt == why
    assert before.text == SOURCES["voice-agent/element.js"]
    assert before.headers["cache-control"] == "no-cache"
    assert same.status_code == 304
    assert after.text == "export const changed = 1;\n"


async def test_what_was_built_of_other_sources_does_not_count(tmp_path: Path) -> None:
    """An update of the service without a build does not leave browsers with the old client."""
    write(build(tmp_path) / "voice-agent/part.js", b"export const part = 2;\n")
    changed = BrowserFiles(tmp_path)
    (tmp_path / "voice-agent/part.js").unlink()
    gone = BrowserFiles(tmp_path)

    for files in (changed, gone):
        assert files.path_of("page/main.js") == "page/main.js"
        assert files.why_unbuilt.startswith("static/voice-agent/part.js is not what was built")


async def test_source_of_a_built_file_is_still_to_be_had(tmp_path: Path) -> None:
    """What was built names its sources, for whoever looks for a fault."""
    files = BrowserFiles(build(tmp_path))
    async with client_of(files) as client:
        answer = await client.get("/deep/static/page/main.js")
        source_map = await client.get(f"/deep/static/{files.path_of('page/main.js')}.map")

    assert answer.text == SOURCES["page/main.js"]
    assert answer.headers["cache-control"] == "no-cache"
    assert source_map.headers["content-type"] == "application/json"
    assert files.why_unbuilt == ""


@pytest.mark.parametrize("name", ["page/main-ABCDEFGH.js", "voice-agent/element.js"])
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
    tmp_path: Path, name: str, accepts: str, coding: str | None
) -> None:
    """The same text in each coding, each known by a tag of its own, and 304 to whoever has it."""
    url = f"/deep/static/{name}"
    async with client_of(BrowserFiles(build(tmp_path))) as client:
        request = client.build_request("GET", url, headers={"Accept-Encoding": accepts})
        raw = await client.send(request, stream=True)
        body = b"".join([part async for part in raw.aiter_raw()])
        tag = {"If-None-Match": raw.headers["etag"], "Accept-Encoding": accepts}
        again = await client.get(url, headers=tag)
        head = await client.head(url, headers={"Accept-Encoding": accepts})
        whole = await client.get(url, headers=IDENTITY)

    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert raw.headers.get("content-encoding") == coding
    assert raw.headers["content-type"].split(";")[0] == "text/javascript"
    assert raw.headers["content-length"] == str(len(body))
    assert decode(body) == whole.content == BUILT[name].encode()
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == raw.headers["etag"]
    assert again.headers["cache-control"] == raw.headers["cache-control"]
    assert raw.headers["vary"] == again.headers["vary"] == "Accept-Encoding"
    assert (whole.headers["etag"] == raw.headers["etag"]) == (coding is None)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == raw.headers["content-length"]


async def test_picture_goes_out_as_it_is(tmp_path: Path) -> None:
    """What is compressed already is sent from its file."""
    async with client_of(BrowserFiles(build(tmp_path))) as client:
        answer = await client.get("/deep/static/icons/192-QRSTUVWX.png")

    assert answer.text == SOURCES["icons/192.png"]
    assert answer.headers["content-type"] == "image/png"
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("name", ["page/main-ABCDEFGH.js", "page/main.js"])
async def test_part_of_a_file_is_still_to_be_had(tmp_path: Path, name: str) -> None:
    """A caller that asks for a part of a file gets it, without a coding."""
    async with client_of(BrowserFiles(build(tmp_path))) as client:
        whole = await client.get(f"/deep/static/{name}", headers=IDENTITY)
        part = await client.get(f"/deep/static/{name}", headers={"Range": "bytes=3-9"})

    assert part.status_code == 206
    assert part.content == whole.content[3:10]


@pytest.mark.parametrize("is_built", [True, False])
@pytest.mark.parametrize(
    "path",
    [
        *("/build/build.js", "/dist/manifest.json", "/manifest.json", "/dist/page/main.js"),
        *("/page/main-ABCDEFGH.js.br", "/page/main-ABCDEFGH.js.gz", "/page/none-ABCDEFGH.js"),
        *("/voice-agent/../build/build.js", "/voice-agent/..%2fdist/manifest.json"),
        *("/page-ABCDEFGH.js", "/-ABCDEFGH.js", "/page/main-abcdefgh.js", "/page", "/%00"),
    ],
)
async def test_only_what_is_for_browsers_is_served(
    tmp_path: Path, path: str, *, is_built: bool
) -> None:
    """Neither how it is built, nor what was built under another address."""
    files = BrowserFiles(build(tmp_path), as_written=not is_built)
    async with client_of(files) as client:
        response = await client.get(f"http://voicegate.test/deep/static{path}")

    assert response.status_code == 404


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
    assert choose_coding(Headers({"Accept-Encoding": field}), ("br", "gzip")) == coding


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.js", "text/javascript"),
        ("a.worklet.js", "text/javascript"),
        ("A.CSS", "text/css"),
        ("a.svg", "image/svg+xml"),
        ("a.json", "application/json"),
        ("index.d.ts", "application/typescript"),
        ("a.exe", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
async def test_media_type_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str
) -> None:
    """A machine whose own table is wrong, as some are for scripts, serves the right types."""
    write(tmp_path / "page" / name, b"x")
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_, **__: ("text/plain", None))
    async with client_of(BrowserFiles(tmp_path)) as client:
        response = await client.get(f"/deep/static/page/{name}")

    assert response.headers["content-type"].split(";")[0] == expected
    assert expected in {*MEDIA_TYPES.values(), "application/octet-stream"}


async def test_page_can_name_the_files_as_they_are_written() -> None:
    """Whoever debugs the browser's code sees the files themselves, and none of them twice."""
    async with service(refusing(), as_written=True) as client:
        page = (await client.get("/")).text
        first = await client.get("/static/voice-agent/index.js")
        again = await client.get(
            "/static/voice-agent/index.js", headers={"If-None-Match": first.headers["etag"]}
        )
        weak = await client.get(
            "/static/voice-agent/index.js",
            headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'},
        )

    assert '"/static/page/main.js"' in page
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert weak.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        *("/static", "/static/", "/static/none.js", "/static/voice-agent", "/static/voice-agent/"),
        *("/static/../app/main.py", "/static/%2e%2e/app/main.py", "/static/..%2fapp/main.py"),
        *("/static//etc/passwd", "/static/%00", "/static/%2fetc%2fpasswd", "/static/" + "x" * 5000),
        *("/static/voice-agent/../../app/main.py", "/static/page/" + "x" * 5000),
        *("/static/page/%00", "/static/voice-agent/..%2f..%2fpyproject.toml"),
    ],
)
async def test_what_is_no_file_is_a_problem(path: str) -> None:
    """Folders, paths that lead out and names that no file can have are 404 problem details."""
    async with service(refusing()) as client:
        response = await client.get(f"http://voicegate.test{path}")

    assert_problem(response, 404, "not_found")


async def test_static_files_can_only_be_read() -> None:
    """Another verb is a 405 problem that names the two that work."""
    async with service(refusing()) as client:
        response = await client.post("/static/voice-agent/index.js")

    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("ranges", ["bytes=9999999-", "bytes=x", "bytes=5-1"])
async def test_senseless_range_is_a_problem(ranges: str) -> None:
    """Also what the framework answers by itself becomes problem details."""
    async with service(refusing()) as client:
        response = await client.get("/static/voice-agent/index.js", headers={"Range": ranges})

    assert response.status_code in {400, 416}
    assert_problem(response, response.status_code, "invalid_request")
