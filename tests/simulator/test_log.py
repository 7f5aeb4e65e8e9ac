"""The journal of `--log`."""

import hashlib
import json
from array import array
from pathlib import Path
from typing import Any

import pytest

from app.simulator.audio.encoding import A_LAW, MU_LAW, Law
from app.simulator.evidence.journal import Journal
from tests.simulator.caller import audio, tone


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return what was written."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_journal_measures_sound_instead_of_keeping_it(tmp_path: Path) -> None:
    """Sound becomes its length, duration, level and hash; all else is kept."""
    path, pcm = tmp_path / "log.jsonl", tone(50, -18)
    with Journal(path) as journal:
        journal("c2s", "sess_1", audio(pcm), 100.0)
        data = audio(pcm)["audio"]
        journal("s2c", "sess_1", {"type": "reply.audio", "reply_id": "r", "data": data}, 100.25)

    first, second = lines_of(path)
    assert first == {
        "at": 0.0,
        "dir": "c2s",
        "session": "sess_1",
        "frame": {"type": "input.audio", "audio": ""},
        "audio": {
            "bytes": 2400,
            "duration_ms": 50.0,
            "level_db": pytest.approx(-18, abs=0.2),
            "sha256": hashlib.sha256(pcm).hexdigest(),
        },
    }
    assert (second["at"], second["frame"]["data"]) == (0.25, "")


def test_journal_keeps_no_token(tmp_path: Path) -> None:
    """That by which a session could be resumed is not written down."""
    path = tmp_path / "log.jsonl"
    ready = {"type": "session.ready", "session_id": "sess_1", "config": {}}
    with Journal(path) as journal:
        for token in ("resume_1", ""):
            journal("s2c", "sess_1", ready | {"resume_token": token}, 1.0)

    assert [line["frame"]["resume_token"] for line in lines_of(path)] == ["<redacted>", ""]


def test_journal_keeps_what_is_no_sound(tmp_path: Path) -> None:
    """Requests, sockets, other frames and broken ones each have their line."""
    path = tmp_path / "log.jsonl"
    request = {"method": "GET", "path": "/v1/token", "query": {"expires_in_seconds": "60"}}
    with Journal(path) as journal:
        journal("http", None, {"request": request, "status": 200}, 1.0)
        journal("socket", None, {"event": "open"}, 2.0)
        journal("c2s", None, {"type": "input.audio", "audio": "!"}, 2.0)
        journal("c2s", None, {"type": "input.audio", "audio": 5}, 2.0)
        journal("c2s", None, {"type": "reply.create", "instructions": "\ud800"}, 2.0)
        journal("socket", "sess_1", {"event": "close", "code": 1006}, 3.5)

    lines = lines_of(path)
    assert lines[0] == {"at": 0.0, "dir": "http", "request": request, "status": 200}
    assert lines[1] == {"at": 1.0, "dir": "socket", "session": None, "event": "open"}
    assert lines[2]["audio"] is None
    assert lines[3]["frame"]["audio"] == 5
    assert lines[4]["frame"]["instructions"] == "\ud800"
    assert (lines[5]["at"], lines[5]["code"]) == (2.5, 1006)


def test_journal_is_written_line_by_line(tmp_path: Path) -> None:
    """A reader sees each line at once, while the simulator still runs."""
    path = tmp_path / "log.jsonl"
    with Journal(path) as journal:
        journal("socket", None, {"event": "open"}, 0.0)

        assert len(lines_of(path)) == 1


@pytest.mark.parametrize(("encoding", "law"), [("audio/pcmu", MU_LAW), ("audio/pcma", A_LAW)])
def test_journal_measures_telephone_sound(tmp_path: Path, encoding: str, law: Law) -> None:
    """Sound of 8 bits has its true duration and level, in the session that declared it."""
    path = tmp_path / "log.jsonl"
    samples = array("h", tone(100, -18))[::3]
    config = {"input": {"format": {"encoding": encoding, "sample_rate": 8000}}}
    with Journal(path) as journal:
        journal("s2c", "sess_1", {"type": "session.ready", "config": config}, 0.0)
        journal("c2s", "sess_1", audio(law.encode(samples)), 0.0)
        journal("c2s", "sess_2", audio(law.encode(samples)), 0.0)

    _, declared, other = lines_of(path)
    assert declared["audio"]["duration_ms"] == 100
    assert declared["audio"]["level_db"] == pytest.approx(-18, abs=0.5)
    assert other["audio"]["duration_ms"] == pytest.approx(16.667)
