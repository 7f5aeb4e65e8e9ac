"""What the parts of one conversation share."""

from collections.abc import Callable
from dataclasses import dataclass

from app.simulator.behaviour.profiles import Profile
from app.simulator.behaviour.script import Prompter
from app.simulator.conversation.timers import Timers
from app.simulator.wire.ids import Ids
from app.simulator.wire.messages import Frame
from app.simulator.wire.session_config import SessionConfig


@dataclass(frozen=True, slots=True)
class Context:
    """The dependencies of turn taking, playback and tool calls."""

    profile: Profile
    """How the service behaves."""
    config: SessionConfig
    """What the session was told."""
    prompter: Prompter
    """Gives the words that are scripted."""
    timers: Timers
    """Where what comes later is planned."""
    ids: Ids
    """Where identifiers come from."""
    send: Callable[[Frame, float], None]
    """Takes each frame with its time in epoch seconds."""
