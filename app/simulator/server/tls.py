"""A certificate for `--tls`, made by the `openssl` program; Python alone cannot make one."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = (
    "agents.assemblyai.com",
    "agents.us.assemblyai.com",
    "agents.eu.assemblyai.com",
    "localhost",
)
"""The service's public hosts, for clients that know no other, and this machine's own name."""
_VALID_DAYS: Final = 30
_LONGEST_SECONDS: Final = 60
_RENEWED_WITHIN_SECONDS: Final = 86_400


class TlsError(Exception):
    """There is no certificate; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a certificate that signs itself, and of its key."""

    certificate: Path
    key: Path


def certificate_in(folder: Path) -> Certificate:
    """Return the certificate in a folder, made when there is none or it is about to expire.

    Raises:
        TlsError: there is no `openssl` program, or it failed.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        raise TlsError("--tls needs the openssl program, which is not on the PATH: install it.")
    files = Certificate(folder / "cert.pem", folder / "key.pem")
    if not _is_usable(openssl, files):
        _make(openssl, files)
    return files


def _is_usable(openssl: str, files: Certificate) -> bool:
    if not files.certificate.is_file() or not files.key.is_file():
        return False
    question = ["-checkend", str(_RENEWED_WITHIN_SECONDS), "-in", str(files.certificate)]
    return _run([openssl, "x509", "-noout", *question]).returncode == 0


def _make(openssl: str, files: Certificate) -> None:
    names = ",".join([*(f"DNS:{name}" for name in NAMES), "IP:127.0.0.1", "IP:::1"])
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    what = ["-subj", f"/CN={NAMES[0]}", "-addext", f"subjectAltName={names}"]
    where = ["-keyout", str(files.key), "-out", str(files.certificate)]
    try:
        files.key.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads the key can pose as the service before those who trust the certificate.
        files.key.touch(mode=0o600)
    except OSError as error:
        raise TlsError(f"cannot write {files.key.parent}: {error.strerror}.") from None
    done = _run([openssl, "req", *kind, "-days", str(_VALID_DAYS), *what, *where])
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise TlsError(f"openssl made no certificate: {reason}")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - a program by its full path, arguments of our own
            command, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TlsError(f"openssl could not be run: {type(error).__name__}.") from None
