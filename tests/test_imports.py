"""The arrows of the architecture, read from the imports."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
STATIC = ROOT / "static"
CLIENT = STATIC / "voice-agent"
EXAMPLES = CLIENT / "examples"

# What a file of ours may import of ours, at run time. Files that are not named may import anything
# but the simulator.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "config/origins": set(),
    "config/messages": set(),
    "web/assets/script_code": set(),
    "web/assets/media_types": set(),
    "web/weighted": set(),
    "web/languages": {"web/weighted"},
    "web/assets/coding": {"web/weighted"},
    "web/assets/shrinking": set(),
    "web/assets/unused": set(),
    "web/assets/scopes": set(),
    "web/assets/module": {"web/assets/script_code", "web/assets/unused"},
    "web/assets/linker": {"web/assets/module", "web/assets/scopes"},
    "web/assets/styles": {"web/assets/module"},
    "web/assets/prepared": {
        *("web/assets/coding", "web/assets/linker", "web/assets/media_types", "web/assets/module"),
        *("web/assets/shrinking", "web/assets/styles"),
    },
    "web/assets/files": {"web/assets/coding", "web/assets/media_types", "web/assets/prepared"},
    "web/lifespan": {"errors"},
    "observability/logging": {"errors"},
    "upstream/slots": {"errors"},
    "upstream/transport/__init__": {"upstream/transport/pool"},
    "upstream/transport/answer": set(),
    "upstream/transport/connection": {"upstream/transport/answer"},
    "upstream/transport/dialing": {"upstream/transport/connection"},
    "upstream/transport/pool": {
        "upstream/transport/connection",
        "upstream/transport/dialing",
        "upstream/transport/wire",
    },
    "upstream/transport/wire": set(),
    "upstream/client": {"errors", "upstream/keys", "observability/stopwatch", "upstream/responses"},
    "upstream/responses": {"errors"},
    "upstream/keys": set(),
    "observability/stopwatch": set(),
    "web/kill_switch": {"errors"},
    "observability/metrics": {"errors", "observability/metric_times"},
    "observability/metric_times": set(),
    "web/metrics_server": {"observability/metrics"},
    "web/routes/metrics": {"errors", "observability/metrics"},
    "tokens/service": {"errors"},
    "access/caller": set(),
    "access/signing": set(),
    "config/types": {"config/origins"},
    "config/settings": {"errors", "config/messages", "config/types"},
    "config/agents": {"errors", "config/settings"},
    "web/routes/schemas": {"errors"},
    "web/routes/body": {"errors"},
    "access/addresses": set(),
    "access/refusals": {"errors"},
    "access/credentials": {"access/addresses"},
    "access/cookies": {"access/credentials"},
    "access/codes": {"access/refusals"},
    "access/authenticators": {"access/cookies", "access/refusals", "access/caller"},
    "access/keys": set(),
    "access/jwks": {"access/keys", "errors"},
    "access/jwt": {"access/refusals"},
    "access/jwt_authenticator": {"access/refusals", "access/caller", "errors"},
    "usage/windows": set(),
    "usage/rules": set(),
    "usage/fields": set(),
    "usage/store": set(),
    "usage/bounded_memory": set(),
    "usage/ledger": set(),
    "usage/receipts": set(),
    "usage/settlement": {"errors"},
    "usage/pricing": {"usage/rules"},
    "usage/ledger_memory": {"usage/ledger", "usage/rules", "usage/windows"},
    "usage/ledger_redis": {"usage/ledger", "usage/rules", "usage/windows"},
    "usage/counters": {
        *("errors", "usage/bounded_memory", "usage/rules", "usage/store", "usage/windows"),
    },
    "usage/attempts": {"usage/counters", "usage/rules", "usage/store"},
    "usage/rate_limits": {"usage/counters", "usage/rules", "usage/windows"},
    "usage/quota": {
        *("errors", "usage/ledger", "usage/rules", "usage/store", "usage/windows"),
    },
    "web/routes/dependencies": {"web/lifespan", "web/kill_switch", "tokens/service"},
}
# What it may name for types only.
MAY_NAME: dict[str, set[str]] = {
    "upstream/client": {"observability/metrics", "upstream/slots"},
    "upstream/keys": {"observability/metrics"},
    "tokens/service": {
        "access/caller",
        "usage/quota",
        "usage/receipts",
        "usage/rules",
        "upstream/responses",
    },
    "usage/attempts": {"access/caller"},
    "usage/rate_limits": {
        "access/caller",
        "usage/bounded_memory",
        "usage/store",
        "config/settings",
    },
    "usage/rules": {"config/settings"},
    "usage/fields": {"usage/rules"},
    "usage/pricing": {"config/settings"},
    "usage/quota": {"access/caller"},
    "usage/ledger": {"usage/windows"},
    "usage/ledger_memory": set(),
    "usage/ledger_redis": {"usage/store"},
    "usage/receipts": {"access/signing"},
    "usage/settlement": {"usage/quota", "upstream/responses"},
    "config/agents": {"config/settings"},
    "access/cookies": {"access/signing"},
    "access/codes": {"access/signing"},
    "access/authenticators": {"access/codes", "access/credentials", "access/signing"},
    "access/jwt": {"errors"},
    "access/jwt_authenticator": {"access/credentials", "access/jwt", "access/signing"},
    "upstream/transport/pool": {"upstream/transport/answer"},
}


def imports(path: Path) -> list[tuple[str, str]]:
    """Return each imported module of a Python file with where it is: top, types or inside."""
    found: list[tuple[str, str]] = []

    def walk(node: ast.AST, place: str) -> None:
        if isinstance(node, ast.Import):
            found.extend((alias.name, place) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = node.module or ""
            found.append((module, place))
            found.extend((f"{module}.{alias.name}", place) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            place = "types"
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            place = "inside"
        for child in ast.iter_child_nodes(node):
            walk(child, place)

    walk(ast.parse(path.read_text(encoding="utf-8")), "top")
    return found


def name_of(path: Path) -> str:
    """Return `settings` for `app/settings.py`, `routes/api` for `app/routes/api.py`."""
    return path.relative_to(APP).with_suffix("").as_posix()


def ours(path: Path, place: str) -> set[str]:
    """Return the files of `app/` that a file imports in this place, by their names."""
    modules = {module for module, where in imports(path) if where == place}
    known = {name_of(file) for file in APP.rglob("*.py")}
    return {name for name in known if f"app.{name.replace('/', '.')}" in modules}


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_file_imports_only_what_it_may_know(name: str) -> None:
    """The lower a file lies, the less it knows of the others."""
    path = APP / f"{name}.py"

    assert ours(path, "top") | ours(path, "inside") <= MAY_IMPORT[name]
    assert ours(path, "types") <= MAY_IMPORT[name] | MAY_NAME.get(name, set())


def test_nothing_imports_the_simulator_but_the_command_line_inside_a_function() -> None:
    """Production never has the simulator in its process."""
    offenders = {
        (name_of(path), place)
        for path in APP.rglob("*.py")
        if not path.is_relative_to(APP / "simulator")
        for module, place in imports(path)
        if module.startswith("app.simulator")
    }

    assert offenders <= {("__main__", "inside")}


def test_simulator_knows_nothing_of_the_service_but_for_the_demo() -> None:
    """The double stands alone, so that it cannot agree with our mistakes."""
    offenders = {
        path.name
        for path in (APP / "simulator").rglob("*.py")
        for module, _ in imports(path)
        if module.startswith("app.") and not module.startswith("app.simulator")
    }

    assert offenders <= {"demo.py"}


def test_only_one_file_reads_the_environment() -> None:
    """Every setting is in `settings.py`, where it has bounds and a line of `.env.example`."""
    readers = {
        name_of(path)
        for path in APP.rglob("*.py")
        if re.search(r"os\.environ|getenv|BaseSettings\)", path.read_text(encoding="utf-8"))
    }

    assert readers == {"config/settings"}


def test_no_base_http_middleware() -> None:
    """One such layer costs more than the whole route around it."""
    users = {
        name_of(path)
        for path in APP.rglob("*.py")
        if "BaseHTTPMiddleware" in path.read_text(encoding="utf-8")
    }

    assert users == set()


def test_importing_the_app_reads_and_opens_nothing(tmp_path: Path) -> None:
    """A fresh interpreter that imports `app.main` has no simulator, file or socket of it."""
    code = """
import sys
events = []
def watch(event, arguments):
    if event == "open" and not str(arguments[0]).endswith((".py", ".pyc", ".so", ".pem")):
        mode = str(arguments[1] or "r")
        events.append((event, str(arguments[0]), mode))
    if event.startswith("socket.") and event not in {"socket.__new__", "socket.gethostname"}:
        events.append((event, str(arguments)))
sys.addaudithook(watch)
import app.main
print([name for name in sys.modules if name.startswith("app.simulator")])
root, here = sys.argv[1:]
print([event for event in events if event[0] != "open"])
print([event for event in events if event[0] == "open"
       and (event[1].startswith(here) or event[1].endswith(".env")
            or (event[1].startswith(root) and "/.venv/" not in event[1]))])
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": "not a number"}
    (tmp_path / ".env").write_text("PORT=neither")
    done = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", code, str(ROOT), str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split("\n")[:3] == ["[]", "[]", "[]"], done.stdout


# JavaScript -----------------------------------------------------------------------------------

JS_IMPORT = re.compile(
    r"""^\s*import\s*['"](?P<bare>[^'"]+)['"]
      | ^\s*(?:import|export)\b[^'"`;()=]*?\bfrom\s*['"](?P<named>[^'"]+)['"]
      | \bimport\(\s*['"](?P<dynamic>[^'"]+)['"]""",
    re.MULTILINE | re.VERBOSE,
)
JS_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)
# What the files of each folder of the client may import, besides their siblings and `errors.js`.
CLIENT_FOLDERS: dict[str, set[str]] = {
    "audio": set(),
    "worklets": {"audio"},
    "devices": {"audio"},
    "wire": set(),
    "talk": {"wire"},
    "sound": {"audio", "wire"},
    "session": {"sound", "talk", "wire"},
    "host": {"devices", "session", "talk", "wire"},
    # What people see, of the page and of the element: told what happens, it knows no client.
    "parts": set(),
    "element": {"parts"},
}
# What the element is made of besides: it uses the client as any page would.
ELEMENT_MAY_KNOW: set[str] = {"index.js", "errors.js", "events.js"}
# What the page's diagnostics use of the client one by one, where a call uses all of it together.
DIAGNOSTICS_MAY_KNOW: set[str] = {
    *("errors.js", "audio/level.js", "devices/microphone.js", "devices/policy.js"),
    *("host/token-service.js", "wire/protocol.js", "wire/refusals.js", "wire/token.js"),
}


def js_imports(path: Path) -> set[Path]:
    """Return the files that a module imports; types in comments do not count."""
    text = JS_COMMENT.sub("", path.read_text(encoding="utf-8"))
    names = {str(match[match.lastgroup or 0]) for match in JS_IMPORT.finditer(text)}
    assert all(name.startswith((".", "/")) for name in names), f"{path} imports {names}"
    return {(path.parent / name).resolve() for name in names}


def js_files(folder: Path) -> list[Path]:
    """Return the modules below a folder; the examples are other people's pages."""
    return sorted(path for path in folder.rglob("*.js") if not path.is_relative_to(EXAMPLES))


def test_every_imported_module_exists() -> None:
    """There is no build step to find a wrong path before a browser does."""
    missing = {
        (path.name, target.name)
        for path in js_files(STATIC)
        for target in js_imports(path)
        if not target.is_file()
    }

    assert missing == set()


def test_page_knows_only_the_clients_front_door() -> None:
    """The page uses client and parts as any site would; only its diagnostics look inside."""
    page = STATIC / "page"
    front_door = CLIENT / "index.js"
    inside = {CLIENT / name for name in DIAGNOSTICS_MAY_KNOW}
    offenders = {
        (path.name, target.name)
        for path in js_files(page)
        for target in js_imports(path)
        if not target.is_relative_to(page)
        and target != front_door
        and target.parent != CLIENT / "parts"
        and not (path.is_relative_to(page / "diagnostics") and target in inside)
    }

    assert offenders == set()


def test_client_knows_nothing_outside_itself() -> None:
    """The folder can be copied to another site as it is."""
    offenders = {
        (path.name, str(target))
        for path in js_files(CLIENT)
        for target in js_imports(path)
        if not target.is_relative_to(CLIENT)
    }

    assert offenders == set()


@pytest.mark.parametrize("folder", CLIENT_FOLDERS)
def test_client_folder_imports_only_what_it_may_know(folder: str) -> None:
    """Sound knows no session, the wire no words, and nothing the page: arrows point one way."""
    may_know = {CLIENT / name for name in {folder} | CLIENT_FOLDERS[folder]}
    offenders = {
        (path.name, target.name)
        for path in js_files(CLIENT / folder)
        for target in js_imports(path)
        if target.parent not in may_know
        and target != CLIENT / "errors.js"
        and not (folder == "element" and target in {CLIENT / name for name in ELEMENT_MAY_KNOW})
    }

    assert offenders == set()


def test_every_client_folder_has_its_arrows() -> None:
    """A new folder has to say what it may know."""
    folders = {path.parent.name for path in js_files(CLIENT) if path.parent != CLIENT}

    assert folders == set(CLIENT_FOLDERS)


def test_errors_and_events_import_nothing() -> None:
    """What every part of the client uses stands alone."""
    assert [js_imports(CLIENT / name) for name in ("errors.js", "events.js")] == [set(), set()]
