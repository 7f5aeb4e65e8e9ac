"""One ES module, taken apart: what it imports, what it exports, and the code between."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeVar

from app.web.assets.script_code import code_of
from app.web.assets.unused import Statement, kept_words, statements

_NAME = r"[A-Za-z_$][\w$]*"
_STATEMENT = re.compile(r"^(?:import\b(?!\s*[.(])|export\b)", re.MULTILINE)
_IMPORT = re.compile(r"import\s*(?:\{(?P<names>[^}]*)\}\s*from\s*)?(['\"])(?P<path> *)\2;?")
_EXPORT_LIST = re.compile(
    r"export\s*\{(?P<names>[^}]*)\}(?:\s*from\s*(?P<quote>['\"])(?P<path> *)(?P=quote))?;?"
)
_EXPORT_DECLARATION = re.compile(
    rf"export\s+(?P<kind>const|class|(?:async\s+)?function\s*\*?)\s*(?P<name>{_NAME})"
)
_LISTED = re.compile(rf"(?P<outer>{_NAME})(?:\s+as\s+(?P<inner>{_NAME}))?")
_META = re.compile(r"\bimport\s*\.\s*meta\b(?P<url>\.url\b)?")
_DYNAMIC = re.compile(r"\bimport\s*\(\s*(?P<literal>(['\"])(?P<path> *)\2\s*\))?")
# What would mean something else inside a function, and a statement where none is looked for.
_FORBIDDEN = {
    re.compile(r"^[ \t]+(?:import|export)[ \t]+[{*\w'\"]", re.MULTILINE): (
        "an import or export must begin its line"
    ),
    re.compile(r"^(?:(?:const|let|var)\b[^\n;]*=\s*|for\s+)?await\b", re.MULTILINE): (
        "a module cannot wait while it is loaded"
    ),
    re.compile(r"\$\d"): "names like $1 are the linker's own",
}


_Place = TypeVar("_Place", tuple[int, int], tuple[int, int, str])


class LinkError(Exception):
    """A form that the linker does not know; says file and line."""


@dataclass(slots=True)
class Module:
    """A module's text and what stands where in it.

    Args:
        path: Below the folder of all scripts.
        text: As written.
    """

    path: str
    text: str
    # Names by the path they come from, in the order of the statements: outer name, inner name.
    imports: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    # By the name that others see: this module's own name for it ...
    exports: dict[str, str] = field(default_factory=dict)
    # ... or the path and the name there, where it is only passed on.
    passed_on: dict[str, tuple[str, str]] = field(default_factory=dict)
    removals: list[tuple[int, int]] = field(default_factory=list)
    metas: list[tuple[int, int]] = field(default_factory=list)
    dynamics: list[tuple[int, int, str]] = field(default_factory=list)
    _code: str = ""
    _statements: list[Statement] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            self._code = code_of(self.text)
        except ValueError as error:
            raise LinkError(f"{self.path}: {error}") from None
        for pattern, problem in _FORBIDDEN.items():
            if found := pattern.search(self._code):
                raise self._error(found.start(), problem)
        for statement in _STATEMENT.finditer(self._code):
            if statement[0] == "import":
                self._take_import(statement.start())
            else:
                self._take_export(statement.start())
        self._take_addresses()
        self._statements = statements(self._code)
        for name in self.exports.values():
            if found := re.search(
                rf"^(?:let|var)\b[^;]*?(?<![\w$.]){re.escape(name)}(?![\w$])",
                self._code,
                re.MULTILINE,
            ):
                raise self._error(found.start(), f"{name} is exported and may change: use const")

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Every name that is asked of another module, after the path of that module."""
        names = [(path, outer) for path, pairs in self.imports for outer, _ in pairs]
        return [*names, *self.passed_on.values()]

    @property
    def names(self) -> list[str]:
        """All that it exports."""
        return [*self.exports, *self.passed_on]

    @property
    def taken(self) -> dict[str, tuple[str, str]]:
        """What it imports, by its own name for it: path and name there."""
        return {inner: (path, outer) for path, pairs in self.imports for outer, inner in pairs}

    def has(self, name: str) -> bool:
        """Return whether others can ask for this name."""
        return name in self.exports or name in self.passed_on

    def drop_unused(self, names: set[str]) -> set[str]:
        """Leave out what nobody uses; returns the words that are still in the code.

        Args:
            names: The exports that others ask for.
        """
        own = {self.exports[name] for name in names if name in self.exports}
        unused, words = kept_words(self._statements, own)
        spans = [(part.start, part.end) for part in unused]
        self.removals = [*spans, *_outside(self.removals, spans)]
        self.metas = _outside(self.metas, spans)
        self.dynamics = _outside(self.dynamics, spans)
        return words

    @property
    def declared(self) -> frozenset[str] | None:
        """The names of the top level that are still there; None where they cannot be told."""
        removed = set(self.removals)
        names: set[str] = set()
        for part in self._statements:
            if (part.start, part.end) in removed:
                continue
            if part.declares is None:
                return None
            names |= part.declares
        return frozenset(names)

    def _take_import(self, at: int) -> None:
        found = _IMPORT.match(self._code, at)
        if found is None:
            raise self._error(at, "only named imports, and imports of nothing, can be linked")
        self.imports.append((self._path(found), self._listed(found)))
        self.removals.append(found.span())

    def _take_export(self, at: int) -> None:
        if found := _EXPORT_LIST.match(self._code, at):
            listed = self._listed(found)
            if found["path"] is None:
                self.exports.update({outer: inner for inner, outer in listed})
            else:
                path = self._path(found)
                self.imports.append((path, []))
                self.passed_on.update({outer: (path, inner) for inner, outer in listed})
            self.removals.append(found.span())
            return
        found = _EXPORT_DECLARATION.match(self._code, at)
        if found is None or found["name"] in {"default", "function", "class"}:
            raise self._error(at, "only named exports that never change can be linked")
        if found["kind"] == "const" and self._has_second_name(found.end()):
            raise self._error(at, "an exported const must name one thing")
        self.exports[found["name"]] = found["name"]
        self.removals.append((at, at + len("export ")))

    def _take_addresses(self) -> None:
        for found in _META.finditer(self._code):
            if found["url"] is None:
                raise self._error(found.start(), "of import.meta only the url can be linked")
            self.metas.append(found.span())
        for found in _DYNAMIC.finditer(self._code):
            if found["literal"] is None:
                raise self._error(found.start(), "import() can be linked with a fixed path only")
            self.dynamics.append((*found.span(), self._path(found)))

    def _path(self, found: re.Match[str]) -> str:
        path = self.text[slice(*found.span("path"))]
        if not path.startswith(("./", "../")) or not path.endswith((".js", ".mjs")):
            raise self._error(found.start(), f"{path!r} is no relative path of a script")
        return path

    def _listed(self, found: re.Match[str]) -> list[tuple[str, str]]:
        pairs = []
        for item in (found["names"] or "").split(","):
            if not item.strip():
                continue
            listed = _LISTED.fullmatch(item.strip())
            if listed is None or "default" in listed.groups():
                raise self._error(found.start(), f"{item.strip()!r} cannot be linked")
            pairs.append((listed["outer"], listed["inner"] or listed["outer"]))
        return pairs

    def _has_second_name(self, at: int) -> bool:
        depth = 0
        for character in self._code[at:]:
            if character in "([{":
                depth += 1
            elif character in ")]}":
                depth -= 1
            elif depth == 0 and character in ",;":
                return character == ","
        return False

    def _error(self, at: int, problem: str) -> LinkError:
        line = self.text.count("\n", 0, at) + 1
        return LinkError(f"{self.path}, line {line}: {problem}")


def _outside(places: list[_Place], spans: list[tuple[int, int]]) -> list[_Place]:
    return [place for place in places if not any(start <= place[0] < end for start, end in spans)]
