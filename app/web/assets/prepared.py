"""Files made ready to be sent: linked, small, compressed; each once, and kept within bounds."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.web.assets.coding import CODINGS, FAIR, IDENTITY, THOROUGH, compress
from app.web.assets.linker import link
from app.web.assets.media_types import media_type
from app.web.assets.module import LinkError
from app.web.assets.shrinking import Shrinker
from app.web.assets.styles import join_styles

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES: Final = 8 * 2**20
# What a page with a call loads; other files are made ready when they are first asked for.
ENTRIES: Final = (
    *("page/main.js", "styles/main.css", "icons/sprite.svg", "icons/favicon.svg"),
    *("voice-agent/core/worker.js", "voice-agent/worklets/audio.worklet.js"),
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file in the codings that were asked for, and what its content is known by."""

    media: str
    digest: str
    bodies: dict[str, bytes]

    def etag(self, coding: str) -> str:
        """Return the tag of the file in a coding: its bytes differ from those in another."""
        return f'"{self.digest}-{coding}"' if coding else f'"{self.digest}"'

    @property
    def size_bytes(self) -> int:
        """How much memory it takes."""
        return sum(map(len, self.bodies.values()))


class PreparedFiles:
    """Makes the files of a folder ready, in threads, and keeps what was used last.

    Args:
        folder: Where they are.
        max_bytes: How much is kept.
    """

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._kept: dict[tuple[object, ...], Prepared] = {}
        self._under_way: dict[tuple[object, ...], asyncio.Task[Prepared]] = {}
        self._shrinker = Shrinker()
        self._version = ""

    @property
    def version(self) -> str:
        """12 hexadecimal digits that change with any file, and with how they are made ready."""
        if not self._version:
            self._version = _version_of(self._folder)
        return self._version

    async def linked(self, path: str) -> Prepared:
        """Return a file, given by its path below the folder, with all it imports, small."""
        return await self._once(
            ("linked", path), lambda: self._link(path), dict.fromkeys(CODINGS, THOROUGH)
        )

    async def as_written(self, path: Path, changed_ns: int, coding: str) -> Prepared:
        """Return a file as it is, for as long as it has not changed, in one coding."""
        return await self._once(
            ("written", path, changed_ns, coding),
            lambda: (media_type(path), path.read_bytes()),
            {coding: FAIR},
        )

    async def rendered(self, body: bytes) -> Prepared:
        """Return a page in each coding; for pages of which there are few, whoever asks."""
        digest = hashlib.sha256(body).digest()
        codings = dict.fromkeys(CODINGS, THOROUGH)
        return await self._once(("rendered", digest), lambda: ("text/html", body), codings)

    async def prepare_all(self) -> None:
        """Make ready what the first visitor will ask for."""
        await asyncio.to_thread(lambda: self.version)
        for path in ENTRIES:
            await self.linked(path)

    async def _once(
        self,
        key: tuple[object, ...],
        make: Callable[[], tuple[str, bytes]],
        qualities: dict[str, int],
    ) -> Prepared:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._kept[key] = kept  # used last
            return kept
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._prepare(key, make, qualities))
            self._under_way[key] = task
        # One caller that goes away takes nothing from the others.
        return await asyncio.shield(task)

    async def _prepare(
        self,
        key: tuple[object, ...],
        make: Callable[[], tuple[str, bytes]],
        qualities: dict[str, int],
    ) -> Prepared:
        try:
            media, body = await asyncio.to_thread(make)
            bodies = {IDENTITY: body}
            for coding, quality in qualities.items():
                bodies[coding] = await asyncio.to_thread(compress, body, coding, quality)
            prepared = Prepared(media, hashlib.sha256(body).hexdigest()[:20], bodies)
            self._keep(key, prepared)
            return prepared
        finally:
            del self._under_way[key]

    def _keep(self, key: tuple[object, ...], prepared: Prepared) -> None:
        self._kept[key] = prepared
        total = sum(kept.size_bytes for kept in self._kept.values())
        while total > self._max_bytes:
            oldest = next(iter(self._kept))
            total -= self._kept.pop(oldest).size_bytes

    def _link(self, path: str) -> tuple[str, bytes]:
        media = media_type(path)
        text = self._read(path)
        try:
            if media == "text/javascript":
                text = link(path, self._read)
            elif media == "text/css":
                text = join_styles(path, self._read)
        except (LinkError, OSError) as error:
            # Its own imports then lead to files of the same version.
            self._shrinker.warn("%s is not linked: %s", path, error)
        return media, self._shrinker.shrink(text, media, path).encode()

    def _read(self, path: str) -> str:
        return (self._folder / path).read_text(encoding="utf-8")


def _version_of(folder: Path) -> str:
    digest = hashlib.sha256(_shrinker_version().encode())
    for root, pattern in ((Path(__file__).parent, "*.py"), (folder, "*")):
        for path in sorted(root.rglob(pattern)):
            if path.is_file():
                body = path.read_bytes()
                digest.update(f"\0{path.relative_to(root).as_posix()}\0{len(body)}\0".encode())
                digest.update(body)
    return digest.hexdigest()[:12]


def _shrinker_version() -> str:
    try:
        return version("tdewolff-minify")
    except PackageNotFoundError:
        return "none"
