"""The languages of the pages: one file of texts each, chosen by what the browser asks for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

# Chosen by the page's own language field, and readable by scripts: it says nothing about anybody.
COOKIE = "voicegate-language"
TEXTS = Path(__file__).resolve().parents[1] / "static" / "page" / "texts"
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

    def __init__(self, folder: Path = TEXTS, *, default: str = "en") -> None:
        """Read every `CODE.json` of `folder`.

        Args:
            folder: Holds one file a language, all of the same shape.
            default: What is spoken where the visitor asks for none that there is.
        """
        read = [_read(path) for path in sorted(folder.glob("*.json"))]
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
    weighted = []
    for entry in field[:MAX_FIELD_CHARACTERS].split(","):
        code, _, weight = entry.partition(";")
        weighted.append((code.strip(), _weight(weight)))
    wanted = [(code, weight) for code, weight in weighted if code and weight > 0]
    return [code for code, _ in sorted(wanted, key=lambda wish: -wish[1])]


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def _read(path: Path) -> Language:
    texts = json.loads(path.read_text("utf-8"))
    return Language(code=path.stem, name=texts["name"], texts=texts)
