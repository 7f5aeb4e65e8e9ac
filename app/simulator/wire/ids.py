"""Identifiers as the service makes them: a prefix, an underscore, 32 hexadecimal digits."""

import random


class Ids:
    """Makes identifiers; the same seed gives the same ones."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(f"ids:{seed}")  # noqa: S311 - names, not secrets

    def new(self, prefix: str) -> str:
        """Return a new identifier, such as `sess_` and 32 digits for the prefix `sess`."""
        return f"{prefix}_{self._random.getrandbits(128):032x}"

    def new_call(self) -> str:
        """Return an identifier of a tool's call, whose prefix has hyphens."""
        return f"chatcmpl-tool-{self._random.getrandbits(128):032x}"
