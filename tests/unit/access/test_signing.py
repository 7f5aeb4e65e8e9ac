"""The hash that hides callers and vouches for receipts."""

import re

from app.access.signing import Signer

LONG = "x" * 100


def test_hash_is_short_and_the_same_for_all_who_share_the_secret() -> None:
    """Processes with one secret know a caller by the same 16 digits, which do not name it."""
    digits = Signer(LONG).hash("address:192.0.2.1")

    assert re.fullmatch(r"[0-9a-f]{16}", digits)
    assert Signer(LONG).hash("address:192.0.2.1") == digits


def test_hash_depends_on_the_whole_secret_and_the_whole_text() -> None:
    """However long the two are, their last character counts."""
    texts = [(LONG, LONG), (LONG + "y", LONG), (LONG + "z", LONG), (LONG, LONG + "y")]

    assert len({Signer(secret).hash(text) for secret, text in texts}) == len(texts)
