"""How punctual ten conversations are: `python -m benchmarks.simulator_pacing`.

The simulator runs as a process of its own on one core, the callers on another one. Each caller
sends its microphone in frames of 50 ms in real time, speaks and listens in turn, and takes the time
at which each `reply.audio` arrives. A frame is due at the time that it carries; what it is later
counts all: the simulator, the line, and the caller itself. Beside it, on the simulator's core, a
bare timer of 10 ms shows what no program could better at that time on that machine.
"""

import argparse
import asyncio
import base64
import gc
import json
import signal
import sys
import time
import wave
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import cycle, pairwise
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from app.simulator.audio.encoding import MU_LAW, Downsampler
from benchmarks.server import processes
from benchmarks.server.cpu import process_cpu_seconds

SERVER_CORE, CALLERS_CORE = 0, 1
KEY = "0" * 32
PCM, MU_LAW_NAME = "audio/pcm", "audio/pcmu"
QUESTION = processes.REPOSITORY / "tests" / "fixtures" / "speech" / "question.wav"
MICROPHONE_SECONDS = 0.05
SILENCE_SECONDS = 5.0
"""Long enough for the end of the turn and an answer, which the next question may interrupt."""
WARM_UP_SECONDS = 2.0
"""Not measured: all callers connect within it."""
TIMER_SECONDS = 0.01
SLACK_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of load."""

    sessions: int
    encoding: str
    """Of both directions."""


CELLS = (Cell(1, PCM), Cell(10, PCM), Cell(20, PCM), Cell(10, MU_LAW_NAME))


@dataclass(slots=True)
class Sample:
    """What the callers of one cell saw, in milliseconds."""

    late_ms: list[float] = field(default_factory=list)
    """How much later each frame came than it was due."""
    gap_ms: list[float] = field(default_factory=list)
    """From one frame of a reply to the next one."""
    timer_ms: list[float] = field(default_factory=list)
    """How much later than asked a bare timer of 10 ms woke up, meanwhile and on the same core."""
    turns: int = 0
    server_cores: float = 0
    """CPU seconds of the simulator in a second."""


class Caller:
    """One caller, who keeps the times of what it hears.

    Args:
        number: shifts its speech in time against that of the others.
        encoding: of both directions.
        sample: where the times go.
        measure_from: epoch seconds.
    """

    def __init__(self, number: int, encoding: str, sample: Sample, measure_from: float) -> None:
        self._encoding = encoding
        self._sample = sample
        self._measure_from = measure_from
        self._microphone = _microphone(encoding, number)

    async def call(self, url: str, until: float) -> None:
        """Talk until a time in epoch seconds."""
        address = f"{url.replace('http', 'ws', 1)}/v1/ws?token={KEY}"
        async with connect(address, compression=None, max_size=None) as socket:
            audio_format = {"format": {"encoding": self._encoding}}
            session = {"greeting": "Hello.", "input": audio_format, "output": audio_format}
            await socket.send(json.dumps({"type": "session.update", "session": session}))
            speaking = asyncio.create_task(self._speak(socket, until))
            await self._listen(socket)
            await speaking

    async def _speak(self, socket: ClientConnection, until: float) -> None:
        started = time.monotonic()
        ends = started + until - time.time()
        for number, piece in enumerate(cycle(self._microphone)):
            due = started + number * MICROPHONE_SECONDS
            if due > ends:
                break
            await asyncio.sleep(due - time.monotonic())
            await socket.send(piece)
        await socket.send('{"type": "session.end"}')

    async def _listen(self, socket: ClientConnection) -> None:
        times: dict[str, list[float]] = {}
        async for text in socket:
            now = time.time()
            frame: dict[str, Any] = json.loads(text)
            if now < self._measure_from:
                continue
            if frame["type"] == "reply.audio":
                self._sample.late_ms.append((now - frame["timestamp"]) * 1000)
                times.setdefault(frame["reply_id"], []).append(now)
            elif frame["type"] == "transcript.user":
                self._sample.turns += 1
        gaps = (b - a for arrivals in times.values() for a, b in pairwise(arrivals))
        self._sample.gap_ms += (gap * 1000 for gap in gaps)


def _microphone(encoding: str, number: int) -> list[str]:
    """Return one round of the microphone as messages; no two callers begin at the same place."""
    with wave.open(str(QUESTION)) as file:
        sound: bytes = file.readframes(file.getnframes())
    sound += bytes(int(SILENCE_SECONDS * 24_000) * 2)
    size = int(MICROPHONE_SECONDS * 48_000)
    if encoding == MU_LAW_NAME:
        sound = MU_LAW.encode(Downsampler().feed(sound))
        size //= 6
    pieces = [sound[start : start + size] for start in range(0, len(sound), size)]
    turn = number * 17 % len(pieces)
    return [
        json.dumps({"type": "input.audio", "audio": base64.b64encode(piece).decode()})
        for piece in pieces[turn:] + pieces[:turn]
    ]


async def _call_all(url: str, cell: Cell, seconds: float, server_pid: int) -> Sample:
    """Run all callers of a cell at once."""
    sample = Sample()
    begins = time.time() + WARM_UP_SECONDS
    callers = [Caller(n, cell.encoding, sample, begins) for n in range(cell.sessions)]
    gc.collect()
    gc.disable()
    calls = [asyncio.create_task(c.call(url, begins + seconds)) for c in callers]
    await asyncio.sleep(begins - time.time())
    cpu_seconds, started = process_cpu_seconds(server_pid), time.monotonic()
    await asyncio.sleep(seconds)
    used_seconds = process_cpu_seconds(server_pid) - cpu_seconds
    sample.server_cores = used_seconds / (time.monotonic() - started)
    await asyncio.gather(*calls)
    return sample


def _watch_timer(seconds: float) -> list[float]:
    """Return how late a timer of 10 ms was, each time, in milliseconds."""
    late_ms = []
    time.sleep(WARM_UP_SECONDS)
    ends = time.monotonic() + seconds
    while (started := time.monotonic()) < ends:
        time.sleep(TIMER_SECONDS)
        late_ms.append((time.monotonic() - started - TIMER_SECONDS) * 1000)
    return late_ms


def measure(cell: Cell, seconds: float) -> Sample:
    """Measure one cell with processes of its own."""

    def run(core: int, *arguments: str) -> Any:
        timeout_seconds = WARM_UP_SECONDS + seconds + SLACK_SECONDS
        told = ("--seconds", str(seconds), *arguments)
        command = processes.python("benchmarks.simulator_pacing", *told)
        return json.loads(processes.run(command, core=core, timeout_seconds=timeout_seconds))

    server = processes.server(processes.python("app.simulator", "--port", "0"), core=SERVER_CORE)
    with server as (pid, url, _), ThreadPoolExecutor() as pool:
        timer = pool.submit(run, SERVER_CORE, "--timer")
        load = ("--sessions", str(cell.sessions), "--encoding", cell.encoding)
        sample = Sample(**run(CALLERS_CORE, "--callers", url, str(pid), *load))
        sample.timer_ms = timer.result()
    return sample


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all values does not exceed; NaN without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def print_row(cell: Cell, sample: Sample) -> None:
    """Print what one cell came to."""
    late = [percentile(sample.late_ms, share) for share in (0, 0.5, 0.99, 0.999, 1)]
    gaps = [percentile(sample.gap_ms, share) for share in (0.01, 0.5, 0.99)]
    bare = [percentile(sample.timer_ms, share) for share in (0.5, 0.99)]
    print(
        f"{cell.sessions:>8}  {cell.encoding:<10}  {len(sample.late_ms):>7}  {sample.turns:>5}  "
        + "  ".join(f"{value:>6.2f}" for value in (*late, *gaps, *bare))
        + f"  {sample.server_cores:>6.2f}",
        flush=True,
    )


def main() -> None:
    """Measure and print; with `--callers` or `--timer`, be that part of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="measured in each row")
    parser.add_argument("--quick", action="store_true", help="a smoke run: too short to compare")
    parser.add_argument("--callers", nargs=2, metavar=("URL", "PID"), help=argparse.SUPPRESS)
    parser.add_argument("--timer", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--sessions", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--encoding", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.timer:
        print(json.dumps(_watch_timer(told.seconds)))
        return
    if told.callers:
        url, pid = told.callers
        cell = Cell(told.sessions, told.encoding)
        print(json.dumps(asdict(asyncio.run(_call_all(url, cell, told.seconds, int(pid))))))
        return
    # As Ctrl-C does: by way of every `finally`, so that no process stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"{'late by, ms':>55}{'gap, ms':>31}{'bare timer, ms':>24}")
    print(
        "sessions  encoding     frames  turns    least     p50     p99   p99.9    most"
        "      p1     p50     p99     p50     p99   cores"
    )
    for cell in CELLS:
        print_row(cell, measure(cell, 2 if told.quick else told.seconds))


if __name__ == "__main__":
    main()
