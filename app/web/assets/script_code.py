"""What in a script is code: comments, strings and the like blanked out, every position kept."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")
      | (?P<template>`)
      | (?P<open>\{)
      | (?P<close>\})
      | (?P<slash>/)""",
    re.DOTALL | re.VERBOSE,
)
_TEMPLATE_PART = re.compile(r"(?:\\.|[^\\`$]|\$(?!\{))*(?P<end>`|\$\{)", re.DOTALL)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
_NOT_NEWLINE = re.compile(r"[^\n]")
# After these a slash divides; after anything else, and after these words, it begins a pattern.
_ENDS_A_VALUE = re.compile(r"[\w$)\]}'\"`]$")
_WORD_BEFORE_A_VALUE = re.compile(
    r"(?<![\w$.])(?:await|case|delete|do|else|in|instanceof|new|of|return|throw|typeof|void|yield)$"
)


def code_of(text: str) -> str:
    """Return the script with the insides of strings and all comments and patterns made blank.

    Quotes stay, and so does code inside templates; lengths and line breaks are those of `text`.

    Raises:
        ValueError: A string, comment, template or brace has no end.
    """
    return _Blanking(text).run()


class _Blanking:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._pieces: list[str] = []
        self._before = ""  # the last piece of code that is not blank
        self._open: list[str] = []  # what each open brace belongs to

    def run(self) -> str:
        while token := _TOKEN.search(self._text, self._at):
            self._keep(token.start())
            self._take(token)
        self._keep(len(self._text))
        if self._open:
            raise ValueError("a brace is not closed")
        return "".join(self._pieces)

    def _take(self, token: re.Match[str]) -> None:
        kind, end = token.lastgroup, token.end()
        if kind == "comment":
            self._blank(end)
        elif kind == "string":
            self._keep(self._at + 1)
            self._blank(end - 1)
            self._keep(end)
        elif kind == "template":
            self._keep(end)
            self._template()
        elif kind == "slash":
            pattern = None if self._is_after_value() else _REGEX.match(self._text, self._at)
            if pattern:
                self._blank(pattern.end())
                self._before = ")"  # a pattern is a value
            else:
                self._keep(end)
        elif kind == "open":
            self._open.append("{")
            self._keep(end)
        else:
            if not self._open:
                raise ValueError("a brace is closed that was not open")
            self._keep(end)
            if self._open.pop() == "${":
                self._template()

    def _template(self) -> None:
        part = _TEMPLATE_PART.match(self._text, self._at)
        if part is None:
            raise ValueError("a template has no end")
        self._blank(part.start("end"))
        self._keep(part.end())
        if part["end"] == "${":
            self._open.append("${")

    def _is_after_value(self) -> bool:
        before = self._before.rstrip()
        return bool(_ENDS_A_VALUE.search(before)) and not _WORD_BEFORE_A_VALUE.search(before)

    def _keep(self, end: int) -> None:
        piece = self._text[self._at : end]
        self._pieces.append(piece)
        if piece.strip():
            self._before = piece
        self._at = end

    def _blank(self, end: int) -> None:
        self._pieces.append(_NOT_NEWLINE.sub(" ", self._text[self._at : end]))
        self._at = end
