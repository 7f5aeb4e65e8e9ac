"""Importing the application has no effect: that is what makes it cheap to test and to start."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_importing_the_app_reads_and_opens_nothing(tmp_path: Path) -> None:
    """A fresh interpreter that imports the command line has no simulator, file or socket of it."""
    code = """
import sys
events = []
def watch(event, arguments):
    if event == "open" and not str(arguments[0]).endswith((".py", ".pyc", ".so", ".pem")):
        mode = str(arguments[1] or "r")
        events.append((event, str(arguments[0]), mode))
    if event.startswith("socket.") and event not in {"socket.__new__", "socket.gethostname"}:
        events.append((event, str(arguments)))
sys.addaudithook(watch)
import app.__main__, app.main
print([name for name in sys.modules if name.startswith("app.simulator")])
root, here = sys.argv[1:]
print([event for event in events if event[0] != "open"])
print([event for event in events if event[0] == "open"
       and (event[1].startswith(here) or event[1].endswith(".env")
            or (event[1].startswith(root) and "/.venv/" not in event[1]))])
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": "not a number"}
    (tmp_path / ".env").write_text("PORT=neither")
    done = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", code, str(ROOT), str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split("\n")[:3] == ["[]", "[]", "[]"], done.stdout
