"""A certificate for `--tls` that signs itself."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES: Final = (
    "agents.assemblyai.com",
    "agents.us.assemblyai.com",
    "agents.eu.assemblyai.com",
    "localhost",
)
"""The service's public hosts, for clients that know no other, and this machine's own name."""
_ADDRESSES: Final = ("127.0.0.1", "::1")
_VALID_FOR: Final = timedelta(days=30)
_RENEWED_WITHIN: Final = timedelta(days=1)


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
        TlsError: the folder or a file in it can't be written.
    """
    files = Certificate(folder / "cert.pem", folder / "key.pem")
    if not _is_usable(files):
        try:
            _write(files)
        except OSError as error:
            raise TlsError(f"cannot write {folder}: {error.strerror}.") from None
    return files


def _is_usable(files: Certificate) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return False
    is_fresh = certificate.not_valid_after_utc > datetime.now(UTC) + _RENEWED_WITHIN
    return is_fresh and certificate.public_key() == key.public_key()


def _write(files: Certificate) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed(key)
    files.key.parent.mkdir(parents=True, exist_ok=True)
    files.key.unlink(missing_ok=True)
    # Whoever reads the key can pose as the service before those who trust the certificate.
    descriptor = os.open(files.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a Path can't be opened with a mode
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now, public = datetime.now(UTC), key.public_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
    hosts = [x509.DNSName(host) for host in NAMES]
    addresses = [x509.IPAddress(ip_address(address)) for address in _ADDRESSES]
    # It is its own authority, so it needs what strict verifiers (Python 3.13) ask of one.
    authority = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(authority, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([*hosts, *addresses]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
