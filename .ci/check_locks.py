"""Check that the locks follow from pyproject.toml and hold no address; `--write` renews them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REACT = "static/voice-agent/examples/react"
NPM_LOCKS = tuple(
    ROOT / folder / "package-lock.json"
    for folder in ("tests/web", "tests/web/lighthouse", "benchmarks/server/express", REACT)
)
COMPILE = (
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"),
)
LOCKS: dict[str, tuple[str, ...]] = {
    "runtime.txt": (),
    "dev.txt": ("--group", "dev", "--constraint", "requirements/runtime.txt"),
}


def compile_lock(name: str, output: Path, *, upgrade: bool) -> None:
    """Resolve one lock into `output`, keeping the versions it already holds unless `upgrade`."""
    command = [*COMPILE, *LOCKS[name], "--output-file", str(output), "pyproject.toml"]
    if upgrade:
        command.append("--upgrade")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([str(uv), *command[1:]], cwd=ROOT, check=True)  # noqa: S603 - fixed words


def stale_locks() -> list[str]:
    """Return the locks that resolving pyproject.toml anew would change."""
    stale = []
    for name in LOCKS:
        current = ROOT / "requirements" / name
        with tempfile.TemporaryDirectory() as folder:
            renewed = Path(folder) / name
            shutil.copy(current, renewed)
            compile_lock(name, renewed, upgrade=False)
            if renewed.read_text() != current.read_text():
                stale.append(name)
    return stale


def locks_with_addresses() -> list[str]:
    """Return the locks that name a host: a lock must work with whatever registry is set up."""
    paths = [*(ROOT / "requirements" / name for name in LOCKS), *NPM_LOCKS]
    own_words = re.compile(r'"url": "https?://[^"]*"')  # npm notes where a package asks for funds
    return [
        path.name for path in paths if "://" in own_words.sub("", path.read_text(encoding="utf-8"))
    ]


def main() -> int:
    """Run the checks, or write the locks; returns the process's exit code."""
    if "--write" in sys.argv[1:]:
        for name in LOCKS:
            compile_lock(name, ROOT / "requirements" / name, upgrade=True)
        return 0
    problems = [f"requirements/{name} is out of date: run make lock" for name in stale_locks()]
    problems += [f"{name} names an address: run make lock" for name in locks_with_addresses()]
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201 - a command line speaks to a terminal
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
