"""Which language a visitor is given."""

import pytest

from app.web.languages import COOKIE, accepted
from tests.service import refusing, service

ENGLISH, GERMAN = '<html lang="en">', '<html lang="de">'


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("", []),
        ("de", ["de"]),
        ("en;q=0.3, de-AT;q=0.8, fr", ["fr", "de-AT", "en"]),
        ("de;q=0, en", ["en"]),
        ("de;q=nonsense, en;q=0.1", ["en"]),
        ("de; q=0.5;v=1", []),
        (", ,;", []),
        ("*", ["*"]),
        ("de," * 100_000, ["de"] * 166),
    ],
)
def test_accepted_languages_by_weight(field: str, expected: list[str]) -> None:
    """The most wanted first; what cannot be read does not count; a long field costs nothing."""
    assert accepted(field)[:166] == expected


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/", {}, ENGLISH),
        ("/", {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}, GERMAN),
        ("/", {"Accept-Language": "fr, en;q=0.5, de;q=0.4"}, ENGLISH),
        ("/", {"Accept-Language": "xx"}, ENGLISH),
        ("/", {"Accept-Language": "en", "Cookie": f"{COOKIE}=de"}, GERMAN),
        ("/", {"Cookie": f"{COOKIE}=../../etc/passwd"}, ENGLISH),
        ("/?lang=en", {"Cookie": f"{COOKIE}=de"}, ENGLISH),
        ("/?lang=DE", {}, GERMAN),
        ("/?lang=klingon", {"Accept-Language": "de"}, GERMAN),
        ("/diagnostics", {"Accept-Language": "de"}, GERMAN),
        ("/docs", {"Accept-Language": "de"}, ENGLISH),
    ],
)
async def test_page_is_in_the_language_of_the_visitor(
    path: str, headers: dict[str, str], expected: str
) -> None:
    """Address before choice before browser; the reference of the API is in English only."""
    async with service(refusing()) as client:
        response = await client.get(path, headers=headers)

    assert expected in response.text
    assert {"Accept-Language", "Cookie"} <= set(response.headers["Vary"].split(", "))
