"""What people look at: the page, the one for frames, diagnostics, and the API's documentation."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brotli  # type: ignore[import-untyped]
from fastapi.responses import JSONResponse
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.access.cookies import Visitors
from app.config.settings import Settings
from app.web import markup
from app.web.languages import DEFAULT, Language, Languages
from app.web.services import Services
from app.web.static_files import BrowserFiles
from app.web.weighted import choose_coding

if TYPE_CHECKING:
    from fastapi.templating import Jinja2Templates

Endpoint = Callable[[Request], Awaitable[Response]]

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
# Ask again each time: a page must never be older than the files that it names.
REVALIDATE = {"Cache-Control": "no-cache"}
# Qualities of brotli, which takes 1 ms and 40 ms a page; the best saves 11% (measured).
QUICK, BEST = 5, 11
BY_LANGUAGE = {"Vary": "Accept-Language, Cookie"}
# Set by the page's own theme field: rendered with the page, the first paint has the right colours.
THEME_COOKIE = "voicegate-theme"
THEMES = frozenset({"light", "dark"})


@cache
def _templates() -> Jinja2Templates:
    # A twentieth of the start, which a service that only mints does without.
    from fastapi.templating import Jinja2Templates  # noqa: PLC0415

    return Jinja2Templates(TEMPLATES)


class Pages:
    """Renders templates for whoever asks: in the visitor's language and theme.

    Args:
        files: What the pages load.
        notice: A line for everyone.
        others: By language, what stands there instead where there is none.
    """

    def __init__(self, files: BrowserFiles, notice: str, others: Mapping[str, str]) -> None:
        self.languages = Languages()
        self._files = files
        self._notices = {
            code: notice or others.get(code, others.get(DEFAULT, "")) for code in self.languages.all
        }

        @cache
        def element(language: str, theme: str | None) -> Markup:
            return markup.element(self.languages.all[language].texts, "page", theme)

        self._element = element

    def render(
        self,
        request: Request,
        name: str,
        context: dict[str, Any],
        *,
        language: Language | None = None,
        media: str | None = None,
    ) -> Response:
        """Return a page; its language is the visitor's, unless told."""
        language = language or self.languages.of(request)
        context = {"theme": _theme(request.cookies, THEME_COOKIE), **context}
        context = {
            **context,
            "element": partial(self._element, language.code, context["theme"]),
            "icon": markup.icon,
            "language": language.code,
            "languages": self.languages.all.values(),
            "texts": language.texts,
            "t": language.texts["templates"],
            "url_for": _url_for(request),
            "path_of": self._files.path_of,
            "notice": self._notices[language.code],
        }
        fields = REVALIDATE | BY_LANGUAGE
        return _templates().TemplateResponse(
            request, name, context, headers=fields, media_type=media
        )


def page_routes(settings: Settings, services: Services, pages: Pages) -> list[Route]:
    """Return the routes of the page and of the API's documentation."""
    # Where not everybody is let in, not everybody may know what the agents are told.
    public = services.agents.public(
        with_sessions=settings.access == "open", takes_feedback=services.feedback is not None
    )
    visitors = services.access.visitors
    render = pages.render

    def shared(name: str, context: dict[str, Any], media: str | None = None) -> Endpoint:
        """A page that is the same for many."""

        async def endpoint(request: Request) -> Response:
            response = render(request, name, context, media=media)
            return await _compressed(response, request, is_shared=True)

        return endpoint

    page = shared("index.html", {"agents": public})

    async def index(request: Request) -> Response:
        return _greeted(await page(request), request, visitors)

    async def embed(request: Request) -> Response:
        asked = request.query_params
        context: dict[str, Any] = {"agent": asked.get("agent", "")}
        if "theme" in asked:
            context["theme"] = _theme(asked)
        response = render(request, "embed.html", context)
        # It holds what the address asks for: not the same for many.
        response = await _compressed(response, request, is_shared=False)
        return _greeted(response, request, visitors)

    async def openapi(request: Request) -> Response:
        return JSONResponse(request.app.openapi(), headers=REVALIDATE)

    def in_english(name: str, media: str | None = None) -> Endpoint:
        """Words about the API, with the name that the caller knows the service by."""

        async def endpoint(request: Request) -> Response:
            context = {
                "openapi": request.app.openapi(),
                "service_url": str(request.base_url).rstrip("/"),
                "mode": settings.access,
                "ws_origin": settings.ws_origin,
            }
            english = pages.languages.all["en"]
            response = render(request, name, context, language=english, media=media)
            return await _compressed(response, request, is_shared=False)

        return endpoint

    manifest = shared("manifest.json", {}, "application/manifest+json")
    return [
        Route("/", index, name="index"),
        Route("/embed", embed, name="embed"),
        Route("/details", shared("details.html", {}), name="details"),
        Route("/diagnostics", shared("diagnostics.html", {"agents": public}), name="diagnostics"),
        Route("/manifest.webmanifest", manifest, name="manifest"),
        Route("/docs", in_english("docs.html"), name="docs"),
        Route("/llms.txt", in_english("llms.txt", "text/plain"), name="llms"),
        Route("/openapi.json", openapi, name="openapi"),
    ]


async def _compressed(response: Response, request: Request, *, is_shared: bool) -> Response:
    """Return a page with its body in the coding that the caller takes.

    Args:
        response: The page.
        request: What it answers.
        is_shared: Whether the same page goes to many: it is then made as small as can be, once.
    """
    response.headers.add_vary_header("Accept-Encoding")
    if coding := choose_coding(request.headers, ("br", "gzip")):
        body = bytes(response.body)
        if is_shared:
            response.body = await asyncio.to_thread(_smallest, body, coding)
        else:
            response.body = _compress(body, coding, QUICK)
        response.headers["Content-Encoding"] = coding
        response.headers["Content-Length"] = str(len(response.body))
    return response


def _compress(body: bytes, coding: str, quality: int) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(body, quality=quality))
    return gzip.compress(body, min(quality, 9), mtime=0)


# Some 30 pages in all: each with every language and theme.
_smallest = lru_cache(maxsize=64)(partial(_compress, quality=BEST))


def _greeted(response: Response, request: Request, visitors: Visitors | None) -> Response:
    """Return the page with its cookie, where callers are told apart by it."""
    greeting = visitors.set_cookie(request.scope) if visitors else None
    if greeting is not None:
        # Made for one visitor: no cache between may hand it to the next.
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Set-Cookie"] = greeting
    return response


def _theme(wishes: Mapping[str, str], name: str = "theme") -> str | None:
    """Return the theme that the visitor chose; none means the system's."""
    theme = wishes.get(name)
    return theme if theme in THEMES else None


def _url_for(request: Request) -> Any:
    """Return `url_for` giving paths: whole addresses would repeat whatever `Host` came in."""
    root = request.scope.get("root_path", "").rstrip("/")

    def url_for(name: str, **parameters: Any) -> str:
        return f"{root}{request.app.url_path_for(name, **parameters)}"

    return url_for
