"""`GET /api/agents`: the agents that a token is for."""

from fastapi import APIRouter

from app.config.agents import Agents
from app.errors import OriginNotAllowedError
from app.web.routes.schemas import AgentsAnswer, problem_responses


def agents_router(agents: Agents) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/api", tags=["API"])
    public = AgentsAnswer.model_validate(agents.public())

    @router.get(
        "/agents",
        summary="List the agents",
        operation_id="agents",
        responses=problem_responses(OriginNotAllowedError()),
    )
    async def list_agents() -> AgentsAnswer:
        """Return the configured agents, as a page needs them."""
        return public

    return router
