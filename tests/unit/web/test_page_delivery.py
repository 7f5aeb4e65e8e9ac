"""Pages as they go out: how they are compressed, and how they install."""

import re
import struct

import httpx
import pytest

from app.main import create_app
from tests.service import make_settings, minting, refusing, service


@pytest.mark.parametrize(
    "path", ["/", "/details", "/diagnostics", "/docs", "/manifest.webmanifest"]
)
@pytest.mark.parametrize("coding", ["br", "gzip", None])
async def test_page_is_compressed(path: str, coding: str | None) -> None:
    """Text goes out small to whoever takes it so, and caches keep the kinds apart."""
    async with service(refusing()) as client:
        whole = await client.get(path, headers={"Accept-Encoding": "identity"})
        answer = await client.get(path, headers={"Accept-Encoding": coding or "deflate"})

    assert answer.headers.get("content-encoding") == coding
    assert answer.text == whole.text
    assert "content-encoding" not in whole.headers
    for response in (answer, whole):
        assert "Accept-Encoding" in response.headers["vary"].split(", ")
    if coding:
        assert int(answer.headers["content-length"]) < len(whole.content)


async def test_page_that_brings_a_cookie_is_for_one_visitor() -> None:
    """Compressing it makes it no less private."""
    async with service(refusing()) as client:
        answer = await client.get("/", headers={"Accept-Encoding": "br"})

    assert "set-cookie" in answer.headers
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/api/agents", "/api/voice-token", "/healthz"])
async def test_answers_of_the_api_are_not_compressed(path: str) -> None:
    """A token's length says nothing about what else is in its answer."""
    async with service(minting()) as client:
        answer = await client.get(path, headers={"Accept-Encoding": "br, gzip"})

    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("language", ["en", "de"])
async def test_page_can_be_installed(language: str) -> None:
    """The manifest has what browsers ask for, in the visitor's language."""
    async with service(refusing()) as client:
        page = await client.get("/")
        found = re.search(r'<link rel="manifest" href="(.+?)">', page.text)
        assert found
        answer = await client.get(found[1], headers={"Accept-Language": language})
        manifest = answer.json()
        icons = {icon["src"]: await client.get(icon["src"]) for icon in manifest["icons"]}

    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert "manifest-src 'self'" in page.headers["content-security-policy"]
    assert (manifest["start_url"], manifest["scope"]) == ("./", "./")
    assert (manifest["lang"], manifest["display"]) == (language, "standalone")
    assert manifest["theme_color"] in page.text
    for icon in manifest["icons"]:
        body = icons[icon["src"]].content
        assert icons[icon["src"]].headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", body[16:24])
            assert icon["sizes"] == f"{width}x{height}"
    kinds = {(icon["sizes"], icon.get("purpose", "any")) for icon in manifest["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= kinds


async def test_page_below_a_prefix_finds_its_files() -> None:
    """Paths of files, manifest and icons begin with where the service is mounted."""
    app = create_app(make_settings(), transport=refusing())
    transport = httpx.ASGITransport(app, root_path="/voice")
    async with httpx.AsyncClient(transport=transport, base_url="http://voicegate.test") as client:
        page = (await client.get("/voice/")).text
        manifest = (await client.get("/voice/manifest.webmanifest")).json()

    paths = re.findall(r'(?:src|href)="(/[^"]*(?:static|manifest)[^"]*)"', page)
    paths += [icon["src"] for icon in manifest["icons"]]
    assert paths
    assert all(path.startswith("/voice/") for path in paths)
