"""The imports of JavaScript modules, as the tests of the linker read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "static"
EXAMPLES = STATIC / "voice-agent" / "examples"

JS_IMPORT = re.compile(
    r"""^\s*import\s*['"](?P<bare>[^'"]+)['"]
      | ^\s*(?:import|export)\b[^'"`;()=]*?\bfrom\s*['"](?P<named>[^'"]+)['"]
      | \bimport\(\s*['"](?P<dynamic>[^'"]+)['"]""",
    re.MULTILINE | re.VERBOSE,
)
JS_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)


def js_imports(path: Path) -> set[Path]:
    """Return the files that a module imports; types in comments do not count."""
    text = JS_COMMENT.sub("", path.read_text(encoding="utf-8"))
    names = {str(match[match.lastgroup or 0]) for match in JS_IMPORT.finditer(text)}
    assert all(name.startswith((".", "/")) for name in names), f"{path} imports {names}"
    return {(path.parent / name).resolve() for name in names}


def js_files(folder: Path) -> list[Path]:
    """Return the modules below a folder; the examples are other people's pages."""
    return sorted(path for path in folder.rglob("*.js") if not path.is_relative_to(EXAMPLES))
