"""`python -m app` after a fortnight of use, for the gallery: while it runs only today's is made."""

import time
from typing import Any, Final
from unittest.mock import patch

from app.__main__ import main
from app.usage import accounting
from app.usage.ledger_memory import MemoryLedger
from app.usage.rate_limits import DAY, MINUTE

# Of the days before today, the last one being yesterday.
MINUTES: Final = (22, 41, 38, 9, 4, 35, 47, 52, 61, 58, 12, 7, 44)


class UsedLedger(MemoryLedger):
    """One that remembers days of before it was made."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        now = time.time()
        days = enumerate(MINUTES, start=int(now // DAY) - len(MINUTES))
        self._history = {day: minutes * MINUTE for day, minutes in days}
        everyone = self._windows.find(self._days[-1], "all", now)
        everyone.previous = MINUTES[-1] * MINUTE
        self._windows.add(everyone, 0)


with patch.object(accounting, "MemoryLedger", UsedLedger):
    main()
