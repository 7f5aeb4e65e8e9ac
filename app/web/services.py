"""The parts of one service, as the server and the routes find them."""

from dataclasses import dataclass

from starlette.types import Scope

from app.access.control import Access
from app.access.credentials import RequestCredentials
from app.access.operator import OperatorAccess
from app.config.agents import Agents
from app.observability.metrics import Metrics
from app.tokens.service import Receipts, TokenService
from app.usage.accounting import Accounting
from app.usage.audit import Audit, Basis
from app.web.feedback import FeedbackOutbox
from app.web.kill_switch import KillSwitch
from app.web.lifespan import Lifecycle
from app.web.middleware.request_context import context_of
from app.web.static_files import BrowserFiles


@dataclass(slots=True)
class Services:
    """What is made once for an application."""

    agents: Agents
    lifecycle: Lifecycle
    kill_switch: KillSwitch
    metrics: Metrics
    access: Access
    accounting: Accounting
    receipts: Receipts
    tokens: TokenService
    audit: Audit | None
    feedback: FeedbackOutbox | None
    files: BrowserFiles
    operator: OperatorAccess | None

    @property
    def basis(self) -> Basis:
        """What the day's count rests on."""
        return self.audit.basis if self.audit else "reservations"

    def wake_audit(self) -> None:
        """Have the list of sessions read soon, if it is read at all."""
        if self.audit is not None:
            self.audit.wake()

    def credentials(self, scope: Scope) -> RequestCredentials:
        """Return what a request brings."""
        return self.access.credentials(scope, context_of(scope).sender)
