"""Talk to an agent through Voicegate from the command line.

    python talk.py --gate https://gate.example --access CODE
    python talk.py --input question.wav --output agent.wav

Needs the package `websockets`, and `sounddevice` where the machine's own sound is used.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from conversation import Conversation, TalkError
from gate import Gate, GateError
from sound import FileSound, MachineSound, SoundError


def main() -> int:
    """Talk; returns the exit code: 1 when there was a problem, which is said."""
    options = parse()
    try:
        asyncio.run(talk(options))
    except (GateError, SoundError, TalkError) as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130  # hung up
    return 0


def parse() -> argparse.Namespace:
    """Return the options; the environment gives what must not be seen in a list of processes."""
    parser = argparse.ArgumentParser(description="Talk to an agent through Voicegate.")
    parser.add_argument(
        "--gate",
        default=os.environ.get("VOICEGATE_URL", "http://127.0.0.1:8000"),
        help="where Voicegate is (VOICEGATE_URL); %(default)s",
    )
    parser.add_argument(
        "--access",
        default=os.environ.get("VOICEGATE_CREDENTIAL"),
        help="an access code or a token of its login (VOICEGATE_CREDENTIAL)",
    )
    parser.add_argument("--agent", help="one of the operator's agents; the default one if left out")
    parser.add_argument("--greeting", help="what the agent says first, in place of its own")
    parser.add_argument("--prompt", help="what the agent is told to be, in place of its own")
    parser.add_argument("--input", type=Path, help="a WAV file to say, instead of the microphone")
    parser.add_argument("--output", type=Path, help="a WAV file for what the agent says")
    options = parser.parse_args()
    if options.output and not options.input:
        parser.error("--output needs --input: either both are files, or neither")
    return options


async def talk(options: argparse.Namespace) -> None:
    """Hold one conversation, and end it in good order whatever happens."""
    gate = Gate(options.gate, options.access)
    session = await asyncio.to_thread(gate.agent_session, options.agent)
    if options.greeting is not None:
        session["greeting"] = options.greeting
    if options.prompt is not None:
        session["system_prompt"] = options.prompt
    sound = FileSound(options.input, options.output) if options.input else MachineSound()
    current = asyncio.current_task()
    if current:
        with contextlib.suppress(NotImplementedError):  # Windows
            # Told to end, as by Ctrl-C: the session is still ended.
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, current.cancel)
    try:
        await Conversation(sound, lambda line: print(line, flush=True)).run(gate, session)
    finally:
        sound.close()


if __name__ == "__main__":
    sys.exit(main())
