"""Which of joined modules may share one scope: those whose names mean nothing else elsewhere.

A name between scopes costs a page twice: where it is handed out, and where it is taken in. Like
what is left out, this goes by words: rather too few modules share the scope than one too many.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a name is declared.

    Args:
        path: The module.
        name: What it is called there.
    """

    path: str
    name: str


@dataclass(slots=True)
class Part:
    """What counts of a module.

    Args:
        declared: Names of its top level; None where they cannot be told.
        taken: What it takes from other modules, by its own name for it.
        words: All words in its code.
    """

    declared: frozenset[str] | None
    taken: dict[str, Origin]
    words: frozenset[str]


@dataclass(slots=True)
class SharedScope:
    """The scope that most modules share, and what each name in it is."""

    paths: set[str] = field(default_factory=set)
    names: dict[str, Origin] = field(default_factory=dict)


def shared_scope(parts: dict[str, Part]) -> SharedScope:
    """Return the scope that as many modules share as can.

    Args:
        parts: All modules, each after those it takes from.
    """
    scope = SharedScope()
    for path, part in parts.items():
        if part.declared is None or any(
            origin.path in scope.paths and name != origin.name
            for name, origin in part.taken.items()
        ):
            continue
        names = part.taken | {name: Origin(path, name) for name in part.declared}
        new = {name: origin for name, origin in names.items() if scope.names.get(name) != origin}
        if scope.names.keys().isdisjoint(new) and all(
            _leaves_alone(new, other) for key, other in parts.items() if key != path
        ):
            scope.paths.add(path)
            scope.names |= new
    return scope


def _leaves_alone(names: dict[str, Origin], other: Part) -> bool:
    """Return whether another module means by each word just this, or something of its own."""
    declared = other.declared or frozenset()
    taken = set(other.taken.values())
    return all(
        # What it takes from here under another name it must not find to be its own.
        (origin not in taken if name in declared else other.taken.get(name) == origin)
        for name, origin in names.items()
        if name in other.words or name in declared
    )
