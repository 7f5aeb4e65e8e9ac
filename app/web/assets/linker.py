"""Joins a module and all that it imports into one, so that a page loads one file."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING

from app.web.assets.module import LinkError, Module
from app.web.assets.scopes import Origin, Part, shared_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def link(entry: str, read: Callable[[str], str]) -> str:
    """Return one module that does what `entry` does, with the same exports.

    Each module runs once, after those it imports, in a scope that it shares with others where none
    of their names meet; otherwise it keeps one of its own, a function that is called once.

    Args:
        entry: Path of a module, with `/`, below the folder of all scripts.
        read: Returns the text of the file at such a path.

    Raises:
        LinkError: A form that cannot be linked; names file and line.
        OSError: A file cannot be read.
    """
    whole = _Whole(_in_order(entry, read), entry)
    exports = _pairs((name, name) for name in whole.names)
    return f"export const {{ {exports} }} = {whole.text()}" if exports else whole.text()


def resolve(importer: str, path: str) -> str:
    """Return the path below the folder of all scripts that a relative path means."""
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))
    if resolved.startswith("../"):
        raise LinkError(f"{importer} imports {path!r}, which is outside the folder")
    return resolved


def _in_order(entry: str, read: Callable[[str], str]) -> dict[str, Module]:
    """Return all modules, each after those it imports: the order in which a browser runs them."""
    done: dict[str, Module] = {}
    under_way: list[str] = []

    def visit(path: str) -> None:
        if path in done:
            return
        if path in under_way:
            circle = " > ".join([*under_way[under_way.index(path) :], path])
            raise LinkError(f"modules import each other in a circle: {circle}")
        under_way.append(path)
        module = Module(path, read(path))
        for imported, _ in module.imports:
            visit(resolve(path, imported))
        under_way.pop()
        done[path] = module

    visit(entry)
    return done


class _Whole:
    """All modules of a whole: what each still has, and where it is written.

    Args:
        modules: By path, each after those it imports. What nobody uses is left out of them.
        entry: Path of the last.
    """

    def __init__(self, modules: dict[str, Module], entry: str) -> None:
        self._modules = modules
        self._entry = entry
        self.names = sorted(set(modules[entry].names))
        self._parts = self._use()
        self._scope = shared_scope(self._parts)
        # What each module hands out, and the variable of the shared scope that holds it.
        self._handed: dict[str, dict[str, str]] = {path: {} for path in modules}
        variables = {origin: name for name, origin in reversed(self._scope.names.items())}
        numbers = {path: number for number, path in enumerate(modules)}
        taken = [origin for part in self._parts.values() for origin in part.taken.values()]
        for origin in (*taken, *(self._origin(entry, name) for name in self.names)):
            handed = self._handed[origin.path]
            new = f"${numbers[origin.path]}_{len(handed)}"
            handed.setdefault(origin.name, variables.get(origin, new))
        self._aliases: set[str] = set()

    def text(self) -> str:
        """Return the function that is all of them, called; its result is what the last exports."""
        # A statement that begins with a bracket would go on with what stands before it.
        bodies = "\n;\n".join(map(self._written, self._modules.values()))
        values = ((name, self._variable(self._origin(self._entry, name))) for name in self.names)
        return f"(() => {{\n{bodies}\nreturn {{ {_pairs(values)} }};\n}})();"

    def _use(self) -> dict[str, Part]:
        """Leave out what nobody uses. Each module comes after all that import it."""
        wanted: dict[str, set[str]] = {path: set() for path in self._modules}
        wanted[self._entry] = set(self.names)
        parts: dict[str, Part] = {}
        for path, module in reversed(self._modules.items()):
            for source, name in module.asked:
                if not self._modules[resolve(path, source)].has(name):
                    raise LinkError(f"{path} imports {name}, which {source} does not export")
            words = module.drop_unused(wanted[path])
            taken = {inner: place for inner, place in module.taken.items() if inner in words}
            handed_on = [place for name, place in module.passed_on.items() if name in wanted[path]]
            for source, name in (*taken.values(), *handed_on):
                wanted[resolve(path, source)].add(name)
            origins = {
                inner: self._origin(resolve(path, source), name)
                for inner, (source, name) in taken.items()
            }
            parts[path] = Part(module.declared, origins, frozenset(words))
        return dict(reversed(parts.items()))

    def _origin(self, path: str, name: str) -> Origin:
        """Return where an export is declared, however many modules hand it on."""
        module = self._modules[path]
        own = module.exports.get(name, "")
        place = module.passed_on.get(name) or module.taken.get(own)
        return self._origin(resolve(path, place[0]), place[1]) if place else Origin(path, own)

    def _variable(self, origin: Origin) -> str:
        """Return the name in the shared scope of what a module hands out."""
        return self._handed[origin.path][origin.name]

    def _written(self, module: Module) -> str:
        lines = [*self._aliases_of(module.path), _body(module, self._entry)]
        if module.path not in self._scope.paths:
            handed = self._handed[module.path]
            variables = f"const [{', '.join(handed.values())}] = " if handed else ""
            lines = [f"{variables}(() => {{", *lines, f"return [{', '.join(handed)}];", "})();"]
        return "\n".join(lines)

    def _aliases_of(self, path: str) -> Iterator[str]:
        """Return the statements that give what a module takes the names that it has there."""
        known = self._scope.names if path in self._scope.paths else {}
        for name, origin in self._parts[path].taken.items():
            variable = self._variable(origin)
            if name == variable or name in self._aliases:
                continue
            if name in known:
                self._aliases.add(name)  # for all that share the scope
            yield f"const {name} = {variable};"


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{left}: {right}" for left, right in pairs)


def _body(module: Module, entry: str) -> str:
    """Return the code without its imports and exports, and with addresses that stay right."""
    own_address = json.dumps(_relative(entry, module.path))
    changes = [(start, end, "") for start, end in module.removals]
    if module.path != entry:
        changes += [
            (start, end, f"new URL({own_address}, import.meta.url).href")
            for start, end in module.metas
        ]
    changes += [
        (start, end, f"import({json.dumps(_relative(entry, resolve(module.path, path)))})")
        for start, end, path in module.dynamics
    ]
    text = module.text
    for start, end, replacement in sorted(changes, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _relative(entry: str, path: str) -> str:
    relative = posixpath.relpath(path, posixpath.dirname(entry) or ".")
    return relative if relative.startswith("../") else f"./{relative}"
