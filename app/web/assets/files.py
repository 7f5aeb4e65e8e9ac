"""Serves the browser's files: as written at stable paths, linked and small at versioned ones."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from app.web.assets.coding import agree, choose_coding, replace_body
from app.web.assets.media_types import is_text, media_type
from app.web.assets.prepared import PreparedFiles

if TYPE_CHECKING:
    import os

    from starlette.types import Scope

    from app.web.assets.prepared import Prepared

DIRECTORY: Final = Path(__file__).resolve().parents[3] / "static"
REVALIDATE: Final = "no-cache"
# A year: the path changes with the content.
KEEP: Final = "public, max-age=31536000, immutable"
_VERSIONED: Final = re.compile(r"v-(?P<version>[0-9a-f]{12})/(?P<path>.+)", re.DOTALL)


class BrowserFiles(StaticFiles):
    """A folder under two kinds of path.

    `PATH` is the file as written, and is asked for again on each use. `v-VERSION/PATH` is the file
    with all that it imports, small, and is kept for good; with a version that is not this
    process's, as while a new one is rolled out, the content is right but is not kept.

    Args:
        directory: The folder.
        is_plain: Whether pages name the files as they are written.
    """

    def __init__(self, directory: Path = DIRECTORY, *, is_plain: bool = False) -> None:
        super().__init__(directory=directory)
        self._root = directory.resolve()
        self._is_plain = is_plain
        self._files = PreparedFiles(self._root)
        self._background: asyncio.Task[None] | None = None

    @property
    def prefix(self) -> str:
        """What pages put before the path of a file."""
        return "" if self._is_plain else f"v-{self._files.version}/"

    def start_preparing(self) -> None:
        """Begin to make ready what the first visitor will ask for; does not wait for it."""
        if not self._is_plain:
            self._background = asyncio.create_task(self._files.prepare_all())

    async def stop_preparing(self) -> None:
        """Leave the rest undone."""
        if self._background is not None:
            self._background.cancel()
            await asyncio.wait([self._background])

    async def compress_page(self, response: Response, headers: Headers) -> None:
        """Compress a page that is the same for many, as well as can be; the work is done once."""
        if coding := agree(response, headers):
            page = await self._files.rendered(bytes(response.body))
            replace_body(response, page.bodies[coding], coding)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or 304 when the caller has it."""
        versioned = _VERSIONED.fullmatch(path.replace("\\", "/"))
        if versioned:
            path = versioned["path"]
        # Looks it up, and refuses what is no file of the folder.
        response = await super().get_response(path, scope)
        if not isinstance(response, FileResponse):
            return response
        headers = Headers(scope=scope)
        is_current = versioned is not None and versioned["version"] == self._files.version
        caching = KEEP if is_current else REVALIDATE
        if is_text(str(response.media_type)):
            if versioned:
                found = Path(response.path).relative_to(self._root).as_posix()
                return self._answer(await self._files.linked(found), caching, headers)
            if "range" not in headers:
                return self._answer(await self._written(response, headers), caching, headers)
            response.headers.add_vary_header("Accept-Encoding")
        response.headers["Cache-Control"] = caching
        if self.is_not_modified(response.headers, headers):
            return NotModifiedResponse(response.headers)
        return response

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,  # noqa: ARG002 - the framework's signature
        status_code: int = 200,
    ) -> Response:
        """Return the file with a type of ours."""
        return FileResponse(
            full_path,
            status_code=status_code,
            stat_result=stat_result,
            media_type=media_type(full_path),
        )

    async def _written(self, response: FileResponse, headers: Headers) -> Prepared:
        changed_ns = response.stat_result.st_mtime_ns if response.stat_result else 0
        path = Path(response.path)
        return await self._files.as_written(path, changed_ns, choose_coding(headers))

    def _answer(self, file: Prepared, caching: str, headers: Headers) -> Response:
        coding = choose_coding(headers)
        fields = {"Cache-Control": caching, "ETag": file.etag(coding), "Vary": "Accept-Encoding"}
        if self.is_not_modified(Headers(fields), headers):
            return NotModifiedResponse(Headers(fields))
        if coding:
            fields["Content-Encoding"] = coding
        return Response(file.bodies[coding], media_type=file.media, headers=fields)
