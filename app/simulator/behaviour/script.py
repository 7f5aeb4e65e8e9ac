"""A script: what the caller is heard to say, what the agent answers, which tools it calls.

Written by whoever tests a client; read from TOML or JSON and checked by `script_file.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_SENTENCE_ENDS: Final = (".", "?", "!", "…", "。")


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """A call of a tool."""

    name: str
    arguments: Mapping[str, Any]
    times: int = 1
    """How often the identical call is made."""


@dataclass(frozen=True, slots=True)
class ScriptedTurn:
    """One turn of the caller and what follows from it.

    In `answers`, `on_error` and `on_timeout`, `{result}` stands for what the tools gave and
    `{context}` for the messages that the client put into the context.
    """

    hears: str | None = None
    """The caller's words; None: they are counted."""
    answers: str | None = None
    """The agent's words; None: the caller's own voice, or what the tools gave."""
    is_silent: bool = False
    """Whether the agent says nothing at all."""
    preamble: str | None = None
    """What is said while the tools are called; None: silence."""
    calls: tuple[ScriptedCall, ...] = ()
    on_error: str = "I am sorry, that did not work."
    on_timeout: str = "I am sorry, that took too long."
    failure: str | None = None
    """The message of a `reply.error`, after which the reply is over."""

    @property
    def is_unfinished(self) -> bool:
        """Whether the words seem to go on, so that only the longer silence ends the turn."""
        return self.hears is not None and not self.hears.rstrip().endswith(_SENTENCE_ENDS)


@dataclass(frozen=True, slots=True)
class Script:
    """The turns of a conversation in their order."""

    turns: tuple[ScriptedTurn, ...] = ()
    created: tuple[str, ...] = ()
    """What the agent says to `reply.create`, one after the other."""
    greeting: str | None = None
    """What a stored agent says first."""
    tools: tuple[Mapping[str, Any], ...] = ()
    """The tools of a stored agent; only there a tool may have `http`."""
    repeats: bool = False
    """Whether the turns begin anew after the last one; otherwise the rest is unscripted."""


class Prompter:
    """Gives one session its lines, in order."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._turns_taken = 0
        self._created = 0

    @property
    def turn(self) -> ScriptedTurn | None:
        """The turn that the caller is in, or will be in next; None when it is not scripted."""
        turns = self._script.turns
        if not turns or (self._turns_taken >= len(turns) and not self._script.repeats):
            return None
        return turns[self._turns_taken % len(turns)]

    def take_turn(self) -> ScriptedTurn | None:
        """Return the turn and go on to the next one."""
        turn = self.turn
        self._turns_taken += 1
        return turn

    def take_created(self) -> str | None:
        """Return what is said to this `reply.create`; None when it is not scripted."""
        lines = self._script.created
        if self._created >= len(lines):
            return None
        self._created += 1
        return lines[self._created - 1]
