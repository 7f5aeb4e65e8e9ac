"""Serves the browser's files: what `make build` made of them, or the modules as they are written.

`static/dist/` holds what was built, and a manifest: see static/build/build.js.
"""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from app.web.weighted import choose_coding

DIRECTORY: Final = Path(__file__).resolve().parents[2] / "static"
# What is for browsers: neither `build/`, nor `dist/` under addresses of its own.
FOLDERS: Final = frozenset({"icons", "page", "styles", "voice-agent"})

# A year: the name changes with the content.
IMMUTABLE: Final = "public, max-age=31536000, immutable"
# Of the names that other sites write down: a release reaches their visitors after five minutes, or
# with the visit after the next, and no visitor waits for the question whether there is one.
STABLE: Final = "public, max-age=300, stale-while-revalidate=86400"
REVALIDATE: Final = "no-cache"

# The machine's own table differs from host to host, and a script of the wrong type does not run.
MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ts": "application/typescript",
    ".webp": "image/webp",
}
# What lies beside a built file, compressed; the smallest first.
SUFFIXES: Final = {"br": ".br", "gzip": ".gz"}
# Pictures are compressed in themselves.
NEVER_COMPRESSED: Final = ".png"

# As esbuild names files: `page/main-7PVXSWJ7.js`, and `.js.map` of the same name.
_HASHED: Final = re.compile(r"(?P<stem>.+)-(?P<hash>[A-Z2-7]{8})(?P<suffix>\.[a-z.]+)", re.DOTALL)


class BrowserFiles(StaticFiles):
    """The folder of the browser's files; built files stand before sources of the same path.

    A built file whose name holds a hash is cached for good, one of a stable name for minutes, and a
    source is asked for again on each use. A hash of another release, as while a new one is rolled
    out, is answered with this release's file, not to be cached: a page goes on to work with it.

    Args:
        directory: The folder.
        as_written: Whether to serve the sources even where they were built.

    Attributes:
        why_unbuilt: Why sources are served, and what to do about it; empty where they are not.
    """

    def __init__(self, directory: Path = DIRECTORY, *, as_written: bool = False) -> None:
        super().__init__(directory=directory)
        self._dist = directory.resolve() / "dist"
        self._built: dict[str, str] = {}
        self.why_unbuilt = "--plain-scripts asks for it"
        if not as_written:
            self._built, self.why_unbuilt = read_manifest(directory)
        self._by_stable_name = {_without_hash(path): path for path in self._built.values()}
        if self._built:
            self.all_directories = [self._dist, directory]

    def path_of(self, source: str) -> str:
        """Return the path by which pages name a source: of what was built of it, or its own."""
        return self._built.get(source, source)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or 304 when the caller has it.

        Raises:
            HTTPException: 404 where no file for browsers is, 405 for another verb than GET or HEAD.
        """
        if path.partition(os.sep)[0] not in FOLDERS or path.endswith(tuple(SUFFIXES.values())):
            raise HTTPException(404)
        try:
            return await super().get_response(path, scope)
        except HTTPException as error:
            stable = _without_hash(Path(path).as_posix())
            if error.status_code != 404 or stable not in self._by_stable_name:  # noqa: PLR2004 - not found
                raise
        response = await super().get_response(self._by_stable_name[stable], scope)
        response.headers["Cache-Control"] = REVALIDATE
        return response

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the file in the coding that the caller takes, or 304 when the caller has it."""
        path, wanted = Path(full_path), Headers(scope=scope)
        # Of an unknown name: bytes, which browsers only save.
        media = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
        headers = {"Cache-Control": REVALIDATE}
        if path.is_relative_to(self._dist):
            name = path.relative_to(self._dist).as_posix()
            headers["Cache-Control"] = STABLE if name in self._by_stable_name else IMMUTABLE
            # Not made of the file's time, which builders of images may set to the same for all.
            tag = self._by_stable_name.get(name, name)
            if path.suffix != NEVER_COMPRESSED:
                headers["Vary"] = "Accept-Encoding"
                # Part of a file is part of the file itself.
                coding = "" if "range" in wanted else choose_coding(wanted, SUFFIXES)
                if coding:
                    headers["Content-Encoding"] = coding
                    path = path.with_name(f"{path.name}{SUFFIXES[coding]}")
                    stat_result = path.stat()
                    tag = f"{tag}-{coding}"
            headers["ETag"] = f'"{tag}"'
        response = FileResponse(
            path,
            status_code=status_code,
            headers=headers,
            stat_result=stat_result,
            media_type=media,
        )
        if self.is_not_modified(response.headers, wanted):
            return NotModifiedResponse(response.headers)
        return response


def read_manifest(directory: Path) -> tuple[dict[str, str], str]:
    """Return the path below `dist/` of what was built of each source, or else why there is none.

    What was built of other sources than there are now does not count: such a client might not
    agree with the service.
    """
    try:
        manifest = json.loads((directory / "dist" / "manifest.json").read_bytes())
    except FileNotFoundError:
        return {}, "nothing was built; run `make build` and start again"
    for source, digest in manifest["sources"].items():
        path = directory / source
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            return {}, f"static/{source} is not what was built; run `make build` and start again"
    return manifest["built"], ""


def _without_hash(path: str) -> str:
    hashed = _HASHED.fullmatch(path)
    return f"{hashed['stem']}{hashed['suffix']}" if hashed else path
