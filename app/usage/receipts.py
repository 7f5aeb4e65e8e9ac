"""Receipts: what comes with a token, and names its grant when the session is over."""

import hmac
import re
from typing import Final

from app.access.signing import Signer

FORM: Final = re.compile(r"([A-Za-z0-9_-]{16})\.([0-9a-f]{16})", re.ASCII)


class Receipts:
    """Writes receipts and reads them.

    One holds the grant's own random name and our signature: nothing of the caller, and no time, as
    the ledger knows how old a grant is.
    """

    def __init__(self, signer: Signer) -> None:
        self._hash = signer.hash

    def write(self, grant_id: str) -> str:
        """Return the receipt of a grant."""
        return f"{grant_id}.{self._hash(f'receipt:{grant_id}')}"

    def read(self, receipt: str) -> str | None:
        """Return the grant that a receipt names; None if we did not write it."""
        match = FORM.fullmatch(receipt)
        if match is None:
            return None
        grant_id, signature = match.groups()
        expected = self._hash(f"receipt:{grant_id}")
        return grant_id if hmac.compare_digest(signature, expected) else None
