"""The recipes agree with the service: settings exist, and ports, paths and times fit together."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml  # type: ignore[import-untyped]

from app.config.settings import Settings, variables
from app.main import create_app
from app.web.connections import MAX_BYTES
from app.web.lifespan import Lifecycle
from app.web.routes.operations import probes
from app.web.routes.schemas import Problem
from app.web.server import GRACE_SECONDS
from benchmarks.scale import layout
from tests.service import NO_LIMITS, make_settings, minting
from tests.support import free_port, serve

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
RECIPES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
CONTAINER = [ROOT / name for name in ("Dockerfile", "docker-compose.yml")]
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
KNOWN = {name for field in Settings.model_fields for name in variables(field)}
PROBES = {route.path for route in probes(Lifecycle(), lambda: "list").routes}  # type: ignore[attr-defined]


def unknown_settings(text: str) -> set[str]:
    """Return what looks like a setting of ours and is none."""
    return set(re.findall(r"\b(?:VOICEGATE|ASSEMBLYAI)_[A-Z_]*[A-Z]\b", text)) - KNOWN


def named(path: Path) -> str:
    """Return what pytest shows of a file."""
    return str(path.relative_to(ROOT))


def compose() -> dict[str, Any]:
    """Return the compose file."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def manifest(kind: str) -> dict[str, Any]:
    """Return the one Kubernetes object of a kind."""
    documents = [d for path in MANIFESTS for d in yaml.safe_load_all(path.read_text())]
    (found,) = [document for document in documents if document["kind"] == kind]
    return dict(found)


def pod() -> dict[str, Any]:
    """Return the Deployment's pod."""
    return dict(manifest("Deployment")["spec"]["template"]["spec"])


def listed(environment: list[dict[str, str]]) -> dict[str, str]:
    """Return a list of names and values as a mapping, without what is a secret's."""
    return {each["name"]: each["value"] for each in environment if "value" in each}


def cloud_run() -> dict[str, Any]:
    """Return what a Cloud Run instance is."""
    loaded = yaml.safe_load((DEPLOY / "cloud-run.yaml").read_text())
    return dict(loaded["spec"]["template"]["spec"])


def fly() -> dict[str, Any]:
    """Return Fly's recipe."""
    return tomllib.loads((DEPLOY / "fly.toml").read_text())


def image() -> dict[str, str]:
    """Return the environment that the image sets."""
    text = (ROOT / "Dockerfile").read_text()
    return dict(re.findall(r"\b(VOICEGATE_[A-Z_]+|PORT)=(\S+)", text))


def unit(key: str) -> list[str]:
    """Return all values of a key in the systemd unit."""
    text = (DEPLOY / "systemd" / "voicegate.service").read_text()
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


ENVIRONMENTS = {
    "compose app": {**image(), **compose()["services"]["app"]["environment"], "PORT": "8000"},
    "compose replica": {
        **image(),
        **compose()["services"]["replica-1"]["environment"],
        "VOICEGATE_PUBLIC_URL": "https://localhost",
    },
    "kubernetes": {**image(), **listed(pod()["containers"][0]["env"])},
    "cloud run": {**image(), **listed(cloud_run()["containers"][0]["env"])},
    "fly": {**image(), **fly()["env"]},
    "systemd": dict(pair.split("=", 1) for line in unit("Environment") for pair in line.split()),
}


SECRET_FILES = {
    "assemblyai_api_key": "key",
    "voicegate_secret": "s" * 32,
    "voicegate_operator_token": "o" * 32,
    "voicegate_redis_url": "redis://:password@redis:6379/0",
}


WITH_SECRET_FILES = {"compose replica", "kubernetes", "systemd"}


@pytest.mark.parametrize("path", [*RECIPES, *CONTAINER], ids=named)
def test_recipe_names_only_settings_that_exist(path: Path) -> None:
    """A setting that was renamed or misspelt fails here, not at an operator's."""
    assert not unknown_settings(path.read_text())


def test_unknown_setting_is_noticed() -> None:
    """The test above can fail."""
    assert unknown_settings("VOICEGATE_REDIS_URI: x, VOICEGATE_SECRET") == {"VOICEGATE_REDIS_URI"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_recipe_sets_values_that_the_service_accepts(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With its environment and its files, the settings are read without a complaint."""
    for known in KNOWN:
        monkeypatch.delenv(known, raising=False)
    for variable_name, value in ENVIRONMENTS[name].items():
        monkeypatch.setenv(variable_name, str(value))
    if has_files := name in WITH_SECRET_FILES:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        for file, content in SECRET_FILES.items():
            (tmp_path / file).write_text(content)

    settings = Settings(_env_file=None)

    assert settings.port == 8000
    assert bool(settings.assemblyai_api_key) == has_files


GUIDE = (ROOT / "docs" / "deploying.md").read_text("utf-8")


def commands(heading: str) -> str:
    """Return the commands below a heading of the guide."""
    section = GUIDE.partition(f"\n## {heading}\n")[2]
    return section.partition("\n```\n")[2].partition("\n```\n")[0]


@pytest.mark.parametrize(
    "brings",
    [
        " ".join(compose()["services"]["replica-1"]["secrets"]),
        " ".join(unit("LoadCredential")),
        commands("Kubernetes"),
        (DEPLOY / "cloud-run.yaml").read_text() + commands("Google Cloud Run"),
        commands("Fly.io"),
    ],
    ids=["compose", "systemd", "kubernetes", "cloud run", "fly"],
)
def test_every_recipe_can_be_stopped(brings: str) -> None:
    """Each brings the operator's token beside the other secrets: nowhere else is a kill switch."""
    for secret in ("assemblyai_api_key", "voicegate_secret", "voicegate_operator_token"):
        assert secret in brings


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
def test_secrets_are_kept_from_others_and_nothing_else_is(tmp_path: Path) -> None:
    """Those who make them are left with the umask that they had: what they install next is read."""
    script = f"umask 022\n{commands('Secrets')}\numask"
    made = subprocess.run(  # noqa: S603 - the guide's own commands
        ("/bin/sh", "-euc", script),
        cwd=tmp_path,
        env={**os.environ, "ASSEMBLYAI_API_KEY": "key"},
        capture_output=True,
        check=True,
        text=True,
    )
    folder = tmp_path / "secrets"

    assert int(made.stdout, 8) == 0o022
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir()} == {*SECRET_FILES, "redis.conf"}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}


@pytest.mark.skipif(sys.platform == "win32", reason="systemd's machines have these commands")
def test_what_systemd_starts_can_be_read_by_its_user(tmp_path: Path) -> None:
    """Whatever the umask of who installs; and what only builds stays away."""
    for name in ("app", "static/page", "static/build", "templates", "requirements"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").touch(mode=0o600)
    lines = commands("systemd and Caddy, on a machine of your own").splitlines()
    copies = [line for line in lines if re.match(r"install -d /opt|rm -r|chmod -R", line)]
    target = tmp_path / "installed"
    script = "\n".join(("umask 077", *copies)).replace("/opt/voicegate", str(target))
    subprocess.run(  # noqa: S603 - the guide's own commands
        ("/bin/sh", "-euc", script), cwd=tmp_path, check=True
    )
    files = {str(path.relative_to(target)): path for path in target.rglob("*")}

    assert {"app/file", "static/page/file", "templates/file", "requirements/file"} <= files.keys()
    assert "static/build" not in files
    modes = {path.stat().st_mode & (0o5 if path.is_dir() else 0o4) for path in files.values()}
    assert modes == {0o4, 0o5}


@pytest.mark.parametrize(
    ("name", "granted_seconds"),
    [
        ("compose app", compose()["services"]["app"]["stop_grace_period"]),
        ("compose replica", compose()["services"]["replica-1"]["stop_grace_period"]),
        ("kubernetes", pod()["terminationGracePeriodSeconds"]),
        ("cloud run", 10),  # what Cloud Run grants cannot be set
        ("fly", fly()["kill_timeout"]),
        ("systemd", unit("TimeoutStopSec")[0]),
    ],
)
def test_platform_waits_longer_than_the_end_takes(name: str, granted_seconds: Any) -> None:
    """Delay and grace together end before the platform kills."""
    delay = int(ENVIRONMENTS[name].get("VOICEGATE_SHUTDOWN_DELAY_SECONDS", 0))

    assert delay + GRACE_SECONDS < int(str(granted_seconds).removesuffix("s"))


def test_proxy_notices_the_end_within_the_delay() -> None:
    """What Caddy needs to see a failing probe is less than replicas serve on."""
    text = (DEPLOY / "Caddyfile").read_text()
    told = dict(re.findall(r"health_(interval|timeout) (\d+)s", text))
    delay = ENVIRONMENTS["compose replica"]["VOICEGATE_SHUTDOWN_DELAY_SECONDS"]

    assert int(told["interval"]) + int(told["timeout"]) < int(delay)
    assert set(re.findall(r"health_uri (\S+)", text)) <= PROBES


CADDY = Path(sys.executable).with_name("caddy")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no wheel of Caddy")
def test_proxy_understands_its_file(tmp_path: Path) -> None:
    """Caddy itself reads the file, and repeats no request for a token that reached a replica."""
    environment = {"HOME": str(tmp_path), "REPLICAS": "a:1 b:2"}
    command = (str(CADDY), "adapt", "--config", str(DEPLOY / "Caddyfile"))
    adapted = subprocess.run(  # noqa: S603 - as above
        command, env=environment, capture_output=True, check=True, timeout=60
    )
    text = adapted.stdout.decode()

    assert '"retry_match":[{"method":["GET","HEAD"],"not":[{"path":["/api/*"]}]}]' in text
    assert '"keep_alive":{"enabled":false}' in text
    assert f'"request_buffers":{MAX_BYTES}' in text
    assert '"upstreams":[{"dial":"a:1"},{"dial":"b:2"}]' in text


def test_benchmark_runs_this_file() -> None:
    """What it counts is the recipe's, wherever the file is moved to."""
    assert layout.CADDYFILE == DEPLOY / "Caddyfile"


@asynccontextmanager
async def proxy(folder: Path, *replicas: str) -> AsyncIterator[httpx.AsyncClient]:
    """Run Caddy with our file before these; what is active in it would find out who is gone."""
    port = free_port()
    lines = (DEPLOY / "Caddyfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.strip().startswith("health_"))
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{text}\n")
    process = await asyncio.create_subprocess_exec(
        *(str(CADDY), "run", "--config", "Caddyfile"),
        cwd=folder,
        env={
            "HOME": str(folder),
            "SITE": f"http://127.0.0.1:{port}",
            "REPLICAS": " ".join(replicas),
        },
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        async with asyncio.timeout(60):
            while b"serving initial configuration" not in await process.stderr.readline():
                assert process.returncode is None
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        process.terminate()
        await process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no wheel of Caddy")
async def test_requests_with_a_body_find_the_replica_that_is_left(tmp_path: Path) -> None:
    """One of two is gone, and nobody has noticed yet: whoever asks gets a token all the same."""
    address = {"trusted_proxies": "127.0.0.1", "public_url": "http://127.0.0.1"}
    app = create_app(make_settings(**NO_LIMITS, **address), transport=minting())
    async with serve(app) as url, proxy(tmp_path, f"127.0.0.1:{free_port()}", url[7:]) as client:
        answers = [
            await client.post("/api/voice-token", json={"expires_in_seconds": 60})
            for _ in range(12)
        ]

    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no wheel of Caddy")
async def test_errors_of_the_proxy_are_problems_too(tmp_path: Path) -> None:
    """With every replica gone, a program gets what it can read."""
    async with proxy(tmp_path, f"127.0.0.1:{free_port()}") as client:
        answer = await client.post("/api/voice-token", json={})

    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert "server" not in answer.headers
    assert (body["status"], body["code"]) == (answer.status_code, "service_unavailable")
    assert Problem.model_validate(body).request_id


def test_image_lists_the_packages_of_its_lock() -> None:
    """Each that is locked for this platform, by name, version and address."""
    lock = ROOT / "requirements" / "runtime.txt"
    command = (sys.executable, str(ROOT / ".ci" / "sbom"), str(lock), "0.1.0")
    made = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - as above
    document = json.loads(made.stdout)
    listed = {each["purl"] for each in document["components"]}

    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["version"] == "0.1.0"
    assert {purl.partition("@")[0].removeprefix("pkg:pypi/") for purl in listed} >= {
        *("fastapi", "uvicorn", "httpx", "pycurl", "redis", "pyjwt")
    }
    locked = dict(re.findall(r"^([a-z0-9-]+)\S*==(\S+)", lock.read_text(), re.MULTILINE))
    assert listed <= {f"pkg:pypi/{name}@{version}" for name, version in locked.items()}


def test_compose_starts_the_service_alone_unless_asked() -> None:
    """Everything but `app` belongs to a profile."""
    services = compose()["services"]

    assert {name for name, each in services.items() if "profiles" not in each} == {"app"}
    assert {name for name, each in services.items() if each.get("profiles") == ["demo"]} == {"demo"}


def test_compose_is_hardened_and_publishes_little() -> None:
    """Nothing can be written or gained, and only the proxy is open to other machines."""
    for name, each in compose()["services"].items():
        assert each["read_only"] is True, name
        assert each["cap_drop"] == ["ALL"], name
        assert each["security_opt"] == ["no-new-privileges:true"], name
        assert "healthcheck" in each, name
        ports = [str(port) for port in each.get("ports", ())]
        if name == "proxy":
            assert ports == ["80:80", "443:443", "443:443/udp"]
        else:
            assert all(port.startswith("127.0.0.1:") for port in ports), name
        for secret in each.get("secrets", ()):
            assert secret in compose()["secrets"], name


def test_compose_replicas_trust_the_proxy_alone() -> None:
    """The address that is believed is the proxy's own, and the proxy knows all replicas."""
    services = compose()["services"]
    replicas = {name for name in services if name.startswith("replica-")}
    proxy = services["proxy"]
    address = proxy["networks"]["front"]["ipv4_address"]

    assert len(replicas) == 3
    for name in replicas:
        assert services[name]["environment"]["VOICEGATE_TRUSTED_PROXIES"] == address
    port = services["replica-1"]["environment"]["PORT"]
    assert set(proxy["environment"]["REPLICAS"].split()) == {f"{name}:{port}" for name in replicas}
    assert proxy["depends_on"].keys() == replicas
    assert "ports" not in services["redis"]
    assert services["redis"]["networks"] == ["store"]
    assert compose()["networks"]["store"]["internal"] is True
    assert "noeviction" in services["redis"]["command"]


@pytest.mark.parametrize(
    "container", [pod()["containers"][0], cloud_run()["containers"][0]], ids=["k8s", "run"]
)
def test_probes_ask_for_what_is_there(container: dict[str, Any]) -> None:
    """Each probe asks a route of the service on its port."""
    probes = [probe["httpGet"] for name, probe in container.items() if name.endswith("Probe")]
    ports = {port.get("name", "http"): port["containerPort"] for port in container["ports"]}

    assert probes
    for probe in probes:
        assert probe["path"] in PROBES
        assert ports[probe.get("port", "http")] == 8000


def test_fly_asks_for_what_is_there() -> None:
    """The check and the port are the service's."""
    service = fly()["http_service"]

    assert {check["path"] for check in service["checks"]} <= PROBES
    assert str(service["internal_port"]) == fly()["env"]["PORT"]


def test_kubernetes_objects_belong_together() -> None:
    """Selectors, ports and the secret's files name what the Deployment has."""
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    container = pod()["containers"][0]
    environment = ENVIRONMENTS["kubernetes"]
    ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}

    assert manifest("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("Service")["spec"]["selector"] == labels
    assert manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    assert ports == {"http": environment["PORT"], "metrics": environment["VOICEGATE_METRICS_PORT"]}
    assert manifest("Service")["spec"]["ports"][0]["targetPort"] in ports
    named_in = {str(path) for path in manifest("Kustomization")["resources"]}
    assert named_in == {path.name for path in MANIFESTS} - {"kustomization.yaml"}
    (secrets,) = [m for m in container["volumeMounts"] if m["name"] == "secrets"]
    assert environment["CREDENTIALS_DIRECTORY"] == secrets["mountPath"]


def test_kubernetes_pod_is_confined() -> None:
    """It runs as the image's user, writes nowhere and can gain nothing."""
    user = re.findall(r"^USER (\d+):", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1]
    container = pod()["containers"][0]["securityContext"]

    assert pod()["securityContext"]["runAsNonRoot"] is True
    assert pod()["securityContext"]["runAsUser"] == int(user)
    assert pod()["automountServiceAccountToken"] is False
    assert container["readOnlyRootFilesystem"] is True
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"] == {"drop": ["ALL"]}


def test_image_says_what_it_is_and_needs_no_shell() -> None:
    """Labels are complete, start and probe are lists, and the recipes stay outside."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    labels = set(re.findall(r"org\.opencontainers\.image\.([a-z]+)=", text))

    assert labels == {"title", "description", "licenses", "version", "revision", "created"}
    for instruction in ("CMD", "HEALTHCHECK"):
        (command,) = re.findall(rf"^{instruction}\b[^\[\n]*(\[.*\])$", text, re.MULTILINE)
        assert json.loads(command)[0] == "python"
    assert "!deploy" not in (ROOT / ".dockerignore").read_text().splitlines()
    allowed = (ROOT / ".dockerignore").read_text()
    assert "COPY requirements/runtime.txt" in text
    assert "!requirements/runtime.txt" in allowed.splitlines()
