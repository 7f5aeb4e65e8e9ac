"""The page and the documentation."""

import re
from typing import Any

import pytest

from app.tokens.service import MINT_PATH
from tests.service import SERVICE, refusing, service


async def test_page_is_served_with_paths_of_our_own() -> None:
    """The page names its files by path, whatever it was asked under."""
    async with service(refusing(), public_url=("https://other.example",)) as client:
        response = await client.get("/", headers={"Host": "other.example"})

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "private, no-cache"
    assert "/static/" in response.text
    assert "other.example" not in response.text


async def test_page_names_only_files_that_exist() -> None:
    """Whatever the page loads is there, with a type that a browser accepts."""
    async with service(refusing()) as client:
        page = (await client.get("/")).text
        paths = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page))
        answers = {path: await client.get(path) for path in paths}

    assert paths
    assert {path for path, answer in answers.items() if answer.status_code != 200} == set()


@pytest.mark.parametrize(
    ("query", "element"),
    [
        ("", ""),
        ("?agent=chef&theme=dark", ' agent="chef" theme="dark"'),
        ("?theme=purple&agent=", ""),
        ('?agent="><script>', ' agent="&#34;&gt;&lt;script&gt;"'),
    ],
)
async def test_page_for_frames_is_the_element_alone(query: str, element: str) -> None:
    """What the address says becomes the element's attributes, as text."""
    async with service(refusing()) as client:
        page = (await client.get(f"/embed{query}")).text

    assert f'<voice-agent variant="page" gate="/"{element}>' in page
    assert 'class="header"' not in page


@pytest.mark.parametrize("path", ["/", "/embed"])
@pytest.mark.parametrize(
    ("language", "word"), [("en", "Start talking"), ("de", "Gespräch starten")]
)
async def test_element_is_there_before_any_script(path: str, language: str, word: str) -> None:
    """Its words are those of the page's language, and the theme is the chosen one."""
    headers = {"Cookie": "voicegate-theme=dark"}
    async with service(refusing()) as client:
        page = (await client.get(f"{path}?lang={language}", headers=headers)).text

    [inside] = re.findall(r'<template shadowrootmode="open">(.*?)</template>', page, re.DOTALL)
    [root] = re.findall(r'<div class="voice-agent".*?>', inside)
    assert f'lang="{language}"' in root
    assert 'data-theme="dark"' in root
    assert word in inside
    assert "$" not in inside


async def test_page_for_frames_speaks_the_language_of_its_address() -> None:
    """The element takes the language of the page around it."""
    async with service(refusing()) as client:
        page = (await client.get("/embed?lang=de", headers={"Accept-Language": "en"})).text

    assert '<html lang="de">' in page


async def test_details_speak_the_language_of_the_page_that_fetches_them() -> None:
    """The page names where they are, and the visitor may have chosen another language since."""
    async with service(refusing()) as client:
        page = (await client.get("/?lang=de", headers={"Accept-Language": "en"})).text
        source = re.findall(r'data-source="(.+?)"', page)
        details = await client.get(*source, headers={"Accept-Language": "en"})

    assert details.status_code == 200
    assert "Verbindung" in details.text
    assert "<html" not in details.text


@pytest.mark.parametrize("path", ["/", "/details", "/docs", "/diagnostics", "/embed"])
async def test_pages_hold_no_inline_script_or_style(path: str) -> None:
    """The policy forbids inline code, so there is none to be blocked."""
    async with service(refusing()) as client:
        page = (await client.get(path)).text

    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    assert [script for script in scripts if 'type="application/json"' not in script] == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=\"", page) == []


async def test_page_shows_the_notice_escaped() -> None:
    """The operator's sentence is text, whatever is in it."""
    async with service(refusing(), notices={"en": "<b>Simulated</b> agent."}) as client:
        response = await client.get("/")

    assert "&lt;b&gt;Simulated&lt;/b&gt; agent." in response.text


@pytest.mark.parametrize("path", ["/", "/details", "/diagnostics", "/docs", "/openapi.json"])
async def test_pages_answer_head(path: str) -> None:
    """Whoever may read a page may also ask whether it is there."""
    async with service(refusing()) as client:
        response = await client.head(path)

    assert response.status_code == 200
    assert response.content == b""


async def test_docs_describe_every_path_of_the_api() -> None:
    """The documentation is rendered from the description, so that neither goes stale alone."""
    async with service(refusing()) as client:
        response = await client.get("/docs")

    assert "/api/voice-token" in response.text
    assert "/api/agents" in response.text


@pytest.mark.parametrize("mode", ["open", "code"])
async def test_llms_txt_says_how_to_embed(mode: str) -> None:
    """A dozen lines that an assistant can act on; what they name is there, under this name."""
    changes: dict[str, Any] = {"access": mode} | (
        {"access_codes": "spring-meadow-4711"} if mode == "code" else {}
    )
    async with service(refusing(), **changes) as client:
        answer = await client.get("/llms.txt")
        named = set(re.findall(rf"{SERVICE}(/[\w./-]+)", answer.text))
        found = {path: (await client.get(path)).status_code for path in named - {MINT_PATH}}

    lines = answer.text.splitlines()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert lines[0] == "# Voicegate"
    assert 10 <= len([line for line in lines if line.startswith("- ")]) <= 12
    assert f'<voice-agent gate="{SERVICE}"></voice-agent>' in answer.text
    assert "connect-src wss://agents.example.test," in answer.text
    assert ("Authorization: Bearer" in answer.text) == (mode == "code")
    assert MINT_PATH in named
    assert set(found.values()) == {200}
    assert len(found) == 6


@pytest.mark.parametrize("path", ["/", "/diagnostics"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_pages_come_in_the_chosen_theme(path: str, theme: str) -> None:
    """The first paint has the chosen colours, the browser's own bar included."""
    async with service(refusing()) as client:
        response = await client.get(path, headers={"Cookie": f"voicegate-theme={theme}"})

    assert f'data-theme="{theme}">' in response.text.split("<head>")[0]
    assert f'<meta name="color-scheme" content="{theme}">' in response.text
    bars = dict(re.findall(r'theme-color"[^>]* data-theme="(\w+)" media="(.+?)"', response.text))
    assert [name for name, media in bars.items() if media == "all"] == [theme]
    assert "Cookie" in response.headers["vary"]


@pytest.mark.parametrize("cookie", ["", "voicegate-theme=", 'voicegate-theme=dark"><script>'])
async def test_pages_leave_the_theme_to_the_system(cookie: str) -> None:
    """Nothing chosen, or nothing that the page offers, means what the system says."""
    async with service(refusing()) as client:
        page = (await client.get("/", headers={"Cookie": cookie})).text

    assert "data-theme" not in page.split("<head>")[0]
    assert '<meta name="color-scheme" content="light dark">' in page
    assert 'media="(prefers-color-scheme: dark)"' in page
