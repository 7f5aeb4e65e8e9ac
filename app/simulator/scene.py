"""What the parts of one conversation share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.simulator.agenda import Agenda
    from app.simulator.config import SessionConfig
    from app.simulator.ids import Ids
    from app.simulator.messages import Frame
    from app.simulator.profiles import Profile
    from app.simulator.script import Prompter


@dataclass(frozen=True, slots=True)
class Scene:
    """The surroundings of ear, mouth and errands."""

    profile: Profile
    """How the service behaves."""
    config: SessionConfig
    """What the session was told."""
    prompter: Prompter
    """Gives the words that are scripted."""
    agenda: Agenda
    """Where what comes later is planned."""
    ids: Ids
    """Where identifiers come from."""
    send: Callable[[Frame, float], None]
    """Takes each frame with its time in epoch seconds."""
