"""Joins a style sheet and those it imports into one."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from app.web.assets.module import LinkError

if TYPE_CHECKING:
    from collections.abc import Callable

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(
    r"@import\s+(?:url\()?(['\"])(?P<path>[^'\"]+)\1\)?(?:\s+layer\((?P<layer>[\w.-]+)\))?\s*;"
)
_URL = re.compile(r"url\(\s*(?P<quote>['\"]?)(?P<path>[^'\")]+)(?P=quote)\s*\)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|[/#]", re.IGNORECASE)


def join_styles(entry: str, read: Callable[[str], str]) -> str:
    """Return one sheet that means the same as `entry` with all its imports.

    Args:
        entry: Path of a sheet, with `/`, below the folder of all files.
        read: Returns the text of the file at such a path.

    Raises:
        LinkError: An import of another form, or sheets that import each other.
        OSError: A file cannot be read.
    """
    return _joined(entry, posixpath.dirname(entry), read, ())


def _joined(path: str, base: str, read: Callable[[str], str], above: tuple[str, ...]) -> str:
    if path in above:
        raise LinkError(f"sheets import each other in a circle: {' > '.join((*above, path))}")
    folder = posixpath.dirname(path)

    def inline(found: re.Match[str]) -> str:
        imported = posixpath.normpath(posixpath.join(folder, found["path"]))
        if _ELSEWHERE.match(found["path"]) or imported.startswith("../"):
            raise LinkError(f"{path} imports {found['path']!r}, which is none of our sheets")
        text = _joined(imported, base, read, (*above, path))
        return f"@layer {found['layer']} {{\n{text}\n}}" if found["layer"] else text

    def rebase(found: re.Match[str]) -> str:
        if _ELSEWHERE.match(found["path"]):
            return found[0]
        target = posixpath.relpath(posixpath.join(folder, found["path"]), base or ".")
        return f"url({found['quote']}{target}{found['quote']})"

    text = _COMMENT.sub("", read(path))
    # The paths of imports are put in place by themselves, all others as seen from the whole.
    pieces, at = [], 0
    for found in _IMPORT.finditer(text):
        pieces += [_URL.sub(rebase, text[at : found.start()]), inline(found)]
        at = found.end()
    pieces.append(_URL.sub(rebase, text[at:]))
    for piece in pieces[::2]:
        if "@import" in piece:
            raise LinkError(f"{path} has an @import of a form that is not known here")
    return "".join(pieces)
