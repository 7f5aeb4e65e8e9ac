"""Icons, and what `<voice-agent>` shows, as HTML; browsers make theirs of the same files.

How a piece is written stands in `static/voice-agent/ui/element/element-markup.js`.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup, escape

STATIC: Final = Path(__file__).resolve().parents[2] / "static"
# Those of the element, and those that only pages have.
ICON_FILES: Final = ("voice-agent/ui/icons.json", "page/page-icons.json")
MARKUP_FILE: Final = "voice-agent/ui/markup.json"

_VOID: Final = frozenset({"input"})


def icon(name: str, class_name: str = "") -> Markup:
    """Return one icon; decorative, as the words beside it carry the meaning."""
    found = _icons()[name]
    paths = Markup().join(map(_path, [found] if isinstance(found, str) else found))
    return Markup(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>'
    ).format(f"icon {class_name}".strip(), paths)


def element(texts: Mapping[str, Any], form: str, theme: str | None) -> Markup:
    """Return what an element that no script has touched yet holds in its shadow root.

    Args:
        texts: Of one language.
        form: Its variant.
        theme: Where one was chosen.
    """
    pieces = _read(MARKUP_FILE)
    name, attributes = pieces["root"]
    attributes = {**attributes, "data-variant": form, "lang": texts["call"]["language"]}
    if theme:
        attributes["data-theme"] = theme
    return Markup().join(_render([name, attributes, f"@{form}"], pieces, texts))


def _render(piece: Any, pieces: Mapping[str, Any], texts: Mapping[str, Any]) -> Iterator[Markup]:
    """Yield the parts of a piece."""
    if isinstance(piece, str):
        if piece.startswith("@"):
            yield from _render(pieces[piece[1:]], pieces, texts)
        else:
            yield escape(_text(piece, texts))
        return
    name, *rest = piece
    if not isinstance(name, str) or name.startswith("@"):
        for one in piece:
            yield from _render(one, pieces, texts)
        return
    if name == "icon":
        yield icon(*rest)
        return
    names, _, identifier = name.partition("#")
    tag, *classes = names.split(".")
    attributes: dict[str, Any] = {"class": " ".join(classes), "id": identifier}
    attributes = {key: value for key, value in attributes.items() if value}
    if rest and isinstance(rest[0], dict):
        attributes |= rest.pop(0)
    fields = (
        Markup(" {}").format(key)
        if value is True
        else Markup(' {}="{}"').format(key, _text(value, texts))
        for key, value in attributes.items()
    )
    yield Markup("<{}{}>").format(tag, Markup().join(fields))
    for child in rest:
        yield from _render(child, pieces, texts)
    if tag not in _VOID:
        yield Markup("</{}>").format(tag)


def _text(word: str, texts: Any) -> str:
    """Return a text, or what stands in the texts where it says."""
    if not word.startswith("$"):
        return word
    for key in word[1:].split("."):
        texts = texts[key]
    return str(texts)


def _path(line: str) -> Markup:
    solid = Markup(' class="icon__solid"') if line.startswith("solid ") else Markup()
    return Markup('<path d="{}"{}></path>').format(line.removeprefix("solid "), solid)


@cache
def _icons() -> dict[str, Any]:
    return {name: paths for file in ICON_FILES for name, paths in _read(file).items()}


@cache
def _read(file: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((STATIC / file).read_bytes())
    return content
