"""Joins a module and all that it imports into one, so that a page loads one file."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING

from app.assets.module import LinkError, Module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def link(entry: str, read: Callable[[str], str]) -> str:
    """Return one module that does what `entry` does, with the same exports.

    Each module keeps a scope of its own: a function that is called once, after those it imports.

    Args:
        entry: Path of a module, with `/`, below the folder of all scripts.
        read: Returns the text of the file at such a path.

    Raises:
        LinkError: A form that cannot be linked; names file and line.
        OSError: A file cannot be read.
    """
    modules = _in_order(entry, read)
    numbers = {path: number for number, path in enumerate(modules)}
    keys = _keys(modules, entry)
    text = "\n".join(_written(module, entry, numbers, keys) for module in modules.values())
    if keys[entry]:
        pairs = _pairs((key, name) for name, key in keys[entry].items())
        text += f"\nexport const {{ {pairs} }} = ${numbers[entry]};"
    return text


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


def _keys(modules: dict[str, Module], entry: str) -> dict[str, dict[str, str]]:
    """Return, for each module, the names that are used of it, each with a short key.

    What is not used is left out on the way: each module comes after all that import it.
    """
    last = modules[entry]
    keys: dict[str, dict[str, str]] = {path: {} for path in modules}
    keys[entry] = {name: name for name in sorted({*last.exports, *last.passed_on})}
    for module in reversed(modules.values()):
        own = keys[module.path]
        words = module.drop_unused(set(own)) | {
            module.exports[name] for name in own if name in module.exports
        }
        for source, name in module.asked:
            if not modules[resolve(module.path, source)].has(name):
                raise LinkError(f"{module.path} imports {name}, which {source} does not export")
        asked = [
            *(
                (source, outer)
                for source, pairs in module.imports
                for outer, inner in pairs
                if inner in words
            ),
            *(module.passed_on[name] for name in own if name in module.passed_on),
        ]
        for source, name in asked:
            path = resolve(module.path, source)
            keys[path].setdefault(name, f"x{len(keys[path])}")
    return keys


def _written(
    module: Module, entry: str, numbers: dict[str, int], keys: dict[str, dict[str, str]]
) -> str:
    lines = ["(() => {"]
    for source, pairs in module.imports:
        path = resolve(module.path, source)
        wanted = _pairs((keys[path][outer], inner) for outer, inner in pairs if outer in keys[path])
        if wanted:
            lines.append(f"const {{ {wanted} }} = ${numbers[path]};")
    lines.append(_body(module, entry))
    own = keys[module.path]
    values = dict(module.exports)
    for name, (source, outer) in module.passed_on.items():
        path = resolve(module.path, source)
        if name in own:
            values[name] = f"${numbers[path]}.{keys[path][outer]}"
    lines.append(f"return {{ {_pairs((key, values[name]) for name, key in own.items())} }};")
    lines.append("})();")
    variable = f"const ${numbers[module.path]} = " if own else ""
    return variable + "\n".join(lines)


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
