"""Static files: types, caches and what may not be read."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from app.web.assets.files import BrowserFiles
from app.web.assets.media_types import media_type
from tests.service import assert_problem, caller, refusing, service

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.js", "text/javascript"),
        ("a.worklet.js", "text/javascript"),
        ("A.MJS", "text/javascript"),
        ("a.css", "text/css"),
        ("a.svg", "image/svg+xml"),
        ("a.wav", "audio/wav"),
        ("a.json", "application/json"),
        ("a.webmanifest", "application/manifest+json"),
        ("index.d.ts", "application/typescript"),
        ("a.exe", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
async def test_media_type_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str
) -> None:
    """A machine whose own table is wrong, as some are for scripts, serves the right types."""
    (tmp_path / name).write_text("x")
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_, **__: ("text/plain", None))
    app = Starlette(routes=[Mount("/static", BrowserFiles(tmp_path))])
    async with caller(app) as client:
        response = await client.get(f"/static/{name}")

    assert response.headers["content-type"].split(";")[0] == expected
    assert media_type(name) == expected


async def test_file_is_revalidated_and_not_sent_twice() -> None:
    """A browser asks each time, and gets 304 without a body while the file is the same."""
    async with service(refusing()) as client:
        first = await client.get("/static/voice-agent/index.js")
        again = await client.get(
            "/static/voice-agent/index.js", headers={"If-None-Match": first.headers["etag"]}
        )
        weak = await client.get(
            "/static/voice-agent/index.js",
            headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'},
        )

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
