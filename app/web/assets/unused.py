"""Finds what a joined script never uses, so that it is left out.

Only what does nothing by being there counts: functions, classes, and constants that hold a function
or plain values. A name counts as used wherever the same word stands in code that is kept, so that
too much is kept rather than too little.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE_START = re.compile(r"^[A-Za-z_$({\[!+;]", re.MULTILINE)
# What stands after a dot or a hash is a member's name, after three dots it is not.
_WORD = re.compile(r"(?:(?<![\w$.#])|(?<=\.\.\.))[A-Za-z_$][\w$]*")
_NAME = r"(?P<name>[A-Za-z_$][\w$]*)"
_LIST = re.compile(r"import\b(?!\s*[.(])|export\s*\{")
_DECLARATION = re.compile(
    rf"(?:export\s+)?(?:(?P<function>(?:async\s+)?function)\s*\*?|(?P<class>class)|const)\s+{_NAME}"
)
_GROUP = re.compile(r"[({\[][^(){}\[\]]*[)}\]]")
_DECLARES = re.compile(r"\b(?:const|let|var|function|class)\b")
_FIRST = re.compile(
    rf"(?:export\s+)?(?:(?P<one>(?:async\s+)?function\b\s*\*?|class\b)|(?:const|let)\b)\s*{_NAME}"
)
_DOES_NOTHING = re.compile(r"\bObject\.freeze\(|\bnew (?:Set|Map)\(|\basync\b")
_INNERMOST = re.compile(
    r"(?P<before>=>\s*|[\w$)\]?.]|§\s*)?(?P<group>[({][^(){}]*[)}])(?P<after>\s*(?:=>|\{))?"
)
_RESULT = re.compile(r"=>[^,<>:?]*")
_DOES_SOMETHING = re.compile(r"[¶`=]|\+\+|--|\b(?:new|await|yield|delete)\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a module's top level.

    Args:
        start: Where it begins.
        end: Where the next one does.
        name: What it declares, if it may be left out.
        words: All names in it.
        declares: The names that it adds to the top level; None where they cannot be told.
    """

    start: int
    end: int
    name: str | None
    words: frozenset[str]
    declares: frozenset[str] | None = frozenset()


def statements(code: str) -> list[Statement]:
    """Return the statements of a module's top level; lists of imports and exports have no words.

    Args:
        code: The text with comments and the insides of strings made blank, one statement a line.
    """
    starts = list(_starts(code))
    return [_statement(code, start, end) for start, end in pairwise([*starts, len(code)])]


def kept_words(parts: list[Statement], wanted: set[str]) -> tuple[list[Statement], set[str]]:
    """Return the statements that can be left out, and all words in the others.

    Args:
        parts: All statements of a module.
        wanted: The module's own names that others ask for.
    """
    words = set(wanted)
    waiting = []
    for part in parts:
        if part.name is None:
            words |= part.words
        else:
            waiting.append(part)
    while used := [part for part in waiting if part.name in words]:
        waiting = [part for part in waiting if part.name not in words]
        words.update(*(part.words for part in used))
    return waiting, words


def _starts(code: str) -> Iterator[int]:
    depth, at = 0, 0
    for line in _LINE_START.finditer(code):
        before = code[at : line.start()]
        depth += sum(map(before.count, "([{")) - sum(map(before.count, ")]}"))
        at = line.start()
        if depth == 0:
            yield at


def _statement(code: str, start: int, end: int) -> Statement:
    text = code[start:end]
    if _LIST.match(text):
        return Statement(start, end, None, frozenset())
    words = frozenset(_WORD.findall(text))
    return Statement(start, end, _droppable(text), words, _declared(text, words))


def _declared(text: str, words: frozenset[str]) -> frozenset[str] | None:
    """Return what a statement declares, if it is one statement that declares one thing or none."""
    flat = text
    while (flatter := _GROUP.sub(" ", flat)) != flat:
        flat = flatter
    if "var" in words or len(keywords := _DECLARES.findall(flat)) > 1:
        return None
    if not keywords:
        return frozenset()
    found = _FIRST.match(flat)
    if found is None or (not found["one"] and "," in flat) or ";" in flat.strip()[:-1]:
        return None
    return frozenset({found["name"]})


def _droppable(text: str) -> str | None:
    """Return the one name that a statement declares, if it does nothing else."""
    found = _DECLARATION.match(text)
    if found is None:
        return None
    rest = text[found.end() :].rstrip()
    if found["function"]:
        is_plain = rest.endswith("}")
    elif found["class"]:
        is_plain = rest.endswith("}") and not re.search(r"\bstatic\b|^[^{]*\(", rest)
    else:
        value = rest.lstrip().removeprefix("=")
        is_plain = rest.lstrip() != value and rest.endswith(";") and _is_plain(value)
    return found["name"] if is_plain else None


def _is_plain(value: str) -> bool:
    """Return whether a value is made without calling anything: of words, objects and functions."""
    value = _DOES_NOTHING.sub("", value)
    while (simpler := _INNERMOST.sub(_without_group, value)) != value:
        value = simpler
    return not _DOES_SOMETHING.search(_RESULT.sub("", value))


def _without_group(found: re.Match[str]) -> str:
    """Return what stands for an innermost group: § for parameters, ¶ for a call, <> for a value."""
    before, group, after = found["before"] or "", found["group"], found["after"] or ""
    if group.startswith("(") and after:
        return f"{before}§{after}"
    if before.startswith(("=>", "§")):
        return f"=>{after}"  # a function's body or result: it runs later
    if group.startswith("(") and before:
        return f"{before}¶{after}"
    return f"{before}<{group[1:-1]}>{after}"
