"""The kill switch."""

import asyncio
import logging
from pathlib import Path

import pytest

from app.errors import StoppedError
from app.main import create_app
from app.web.kill_switch import KillSwitch
from tests.service import assert_problem, caller, make_settings, minting, refusing, service

PAGE = {"Origin": "http://voicegate.test", "Sec-Fetch-Site": "same-origin"}


async def test_stopped_from_the_start() -> None:
    """No token and no question upstream; the service stays ready, and its page is there."""
    async with service(refusing(), stop_file="/") as client:
        response = await client.get("/api/voice-token", headers=PAGE)
        ready = await client.get("/readyz")
        page = await client.get("/")

    body = assert_problem(response, 503, "service_unavailable")
    assert "operator has stopped" in body["detail"]
    assert response.headers["retry-after"] == "60"
    assert (ready.status_code, page.status_code) == (200, 200)


async def test_other_origins_may_read_that_it_is_stopped() -> None:
    """A page elsewhere can tell its visitor the reason."""
    origin = "https://shop.example.com"
    async with service(refusing(), stop_file="/", allowed_origins=origin) as client:
        response = await client.get("/api/voice-token", headers={"Origin": origin})

    assert_problem(response, 503, "service_unavailable")
    assert response.headers["access-control-allow-origin"] == origin


async def test_each_change_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that comes or goes writes one line; one that stays as it was writes none."""
    file = tmp_path / "stop"
    switch = KillSwitch(file)
    seen = []
    for is_there in (False, True, True, False):
        file.touch() if is_there else file.unlink(missing_ok=True)
        await switch.look()
        seen.append(switch.is_stopped)

    lines = [record.message for record in caplog.records if record.name == "voicegate.stop"]
    assert seen == [False, True, True, False]
    assert lines == ["minting is stopped by the stop file", "minting goes on by the stop file"]
    switch.require_minting()


async def test_file_is_looked_for_before_the_first_request_and_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that starts stopped mints nothing first; the watcher ends with the service."""
    monkeypatch.setattr("app.web.kill_switch.LOOK_EVERY_SECONDS", 0.001)
    file = tmp_path / "stop"
    file.touch()
    app = create_app(make_settings(stop_file=file), transport=minting())
    before = asyncio.all_tasks()
    async with app.router.lifespan_context(app), caller(app) as client:
        first = await client.get("/api/voice-token", headers=PAGE)
        file.unlink()
        while app.state.services.kill_switch.is_stopped:  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.001)
        second = await client.get("/api/voice-token", headers=PAGE)

    assert (first.status_code, second.status_code) == (503, 200)
    assert asyncio.all_tasks() == before


async def test_file_that_cannot_be_looked_for_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that fails neither starts nor stops the minting, and is spoken of."""
    file = tmp_path / "stop"
    file.touch()
    switch = KillSwitch(file)
    await switch.look()
    file.unlink()
    file.symlink_to(file)  # a loop, which no look gets to the end of
    await switch.look()

    assert switch.is_stopped
    with pytest.raises(StoppedError):
        switch.require_minting()
    assert "cannot be looked for" in caplog.records[-1].message
    assert caplog.records[-1].levelno == logging.WARNING


async def test_file_below_what_is_no_folder_is_absent(tmp_path: Path) -> None:
    """Where there can be no such file, there is none."""
    (tmp_path / "plain").touch()
    switch = KillSwitch(tmp_path / "plain" / "stop")
    await switch.look()

    assert not switch.is_stopped
