"""The guides: links lead somewhere; files, settings and modules that are named exist."""

import importlib
import json
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.config.settings import Settings, variable

ROOT = Path(__file__).resolve().parents[1]
KNOWN = {variable(field) for field in Settings.model_fields}


def _markdown() -> list[Path]:
    """Return every Markdown file that git knows or that is about to be added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(  # noqa: S603 - arguments of our own
        command, cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return sorted(path for name in names.split("\0") if name and (path := ROOT / name).is_file())


DOCUMENTS = _markdown()


def _prose(document: Path) -> str:
    """Return a document without its code blocks, where links and headings are only examples."""
    return re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def _anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _prose(document), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


def broken_links(document: Path) -> list[str]:
    """Return the relative links of a Markdown file whose file or heading does not exist."""
    targets = re.findall(r"\]\(([^)\s]+)\)|\bsrc=\"([^\"]+)\"", _prose(document))
    broken = []
    for link in (first or second for first, second in targets):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / unquote(name)) if name else document
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link names a file of the tree and, after a #, one of its headings."""
    assert broken_links(document) == []


def test_broken_links_are_noticed(tmp_path: Path) -> None:
    """A file or a heading that is missing is told; a whole address and a right link are not."""
    document = tmp_path / "guide.md"
    document.write_text(
        "# One: `two`\n[a](#one-two) [b](#three) [c](none.md) [d](https://example.com/x#y)\n"
        '<img src="none.png">\n```\n[e](none.txt)\n```\n'
    )

    assert broken_links(document) == ["#three", "none.md", "none.png"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_named_exist(document: Path) -> None:
    """A path of the tree between backticks is one, so that a move is found in the guides here."""
    folders = "app|static|templates|tests|benchmarks|docs|deploy|requirements"
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", _prose(document))
    written = [name for name in named if not name.startswith("static/dist/")]  # made by make build

    assert [name for name in written if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_that_examples_import_exist(document: Path) -> None:
    """What an example in Python imports of ours is there."""
    lines = re.findall(r"^from (app[\w.]*) import (.+)$", document.read_text("utf-8"), re.MULTILINE)

    for module, names in lines:
        for name in names.split(","):
            assert hasattr(importlib.import_module(module), name.strip())


@pytest.mark.parametrize(
    "document",
    [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_settings_that_are_named_exist(document: Path) -> None:
    """A setting that was renamed or taken out is found in the guides here."""
    named = set(re.findall(r"\b(?:VOICEGATE|ASSEMBLYAI)_[A-Z_]*[A-Z]\b", document.read_text()))

    assert named - KNOWN == set()


def test_bundlers_in_the_guide_are_those_that_are_tried() -> None:
    """Each row names the version that the tests' own packages hold."""
    rows = re.findall(
        r"^\| (\S+) \| ([\d.]+) \| `make (test[a-z-]*)` \|$",
        (ROOT / "docs/embedding.md").read_text("utf-8"),
        re.MULTILINE,
    )
    apps = {"test": "tests/web/apps", "test-bundlers": "tests/web/apps/more"}
    tried = {
        command: json.loads((ROOT / folder / "package.json").read_text("utf-8"))["devDependencies"]
        for command, folder in apps.items()
    }

    assert len(rows) == 8
    assert [row for row in rows if tried[row[2]].get(row[0]) != row[1]] == []
