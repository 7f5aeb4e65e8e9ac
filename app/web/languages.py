"""The languages of the pages: one file of texts each, chosen by what the browser asks for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request

from app.web.weighted import weighted

# Chosen by the page's own language field, and readable by scripts: it says nothing about anybody.
COOKIE = "voicegate-language"
DEFAULT = "en"
STATIC = Path(__file__).resolve().parents[2] / "static"
# Those of the page alone, and those of the parts that it shares with the element.
TEXTS = (STATIC / "page" / "texts", STATIC / "voice-agent" / "texts")
# Read to the end a field of a megabyte would take its time; browsers send some fifty characters.
MAX_FIELD_CHARACTERS = 500


@dataclass(frozen=True)
class Language:
    """One language: its code as in HTML's `lang`, its own name, and every text of the pages."""

    code: str
    name: str
    texts: Mapping[str, Any]


class Languages:
    """All languages that there are texts in."""

    def __init__(self, folders: Sequence[Path] = TEXTS, *, default: str = DEFAULT) -> None:
        """Read every `CODE.json` of the folders.

        Args:
            folders: Hold one file a language each, all of a folder of the same shape.
            default: What is spoken where the visitor asks for none that there is.
        """
        names = sorted(path.name for path in folders[0].glob("*.json"))
        read = [_read([folder / name for folder in folders]) for name in names]
        self.all = {language.code: language for language in read}
        self._default = self.all[default]

    def of(self, request: Request) -> Language:
        """Return the language of a visitor: of the address, of the cookie, or of the browser."""
        wishes = [
            request.query_params.get("lang", ""),
            request.cookies.get(COOKIE, ""),
            *accepted(request.headers.get("accept-language", "")),
        ]
        known = (self.all.get(wish.lower().partition("-")[0]) for wish in wishes)
        return next((language for language in known if language), self._default)


def accepted(field: str) -> list[str]:
    """Return the languages of an `Accept-Language` field, the most wanted first."""
    wishes = weighted(field[:MAX_FIELD_CHARACTERS])
    wanted = [(code, weight) for code, weight in wishes if code and weight > 0]
    return [code for code, _ in sorted(wanted, key=lambda wish: -wish[1])]


def _read(paths: Sequence[Path]) -> Language:
    texts: dict[str, Any] = {}
    for path in paths:
        texts = _joined(texts, json.loads(path.read_text("utf-8")))
    return Language(code=paths[0].stem, name=texts["name"], texts=texts)


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return what either has; where both have a group of texts, those of both."""
    common = {name: _joined(one[name], other[name]) for name in one.keys() & other.keys()}
    return {**one, **other, **common}
