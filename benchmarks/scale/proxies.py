"""Proxies that can stand in front of the replicas, each with its file of `deploy/`."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.simulator.server.tls import certificate_in
from benchmarks.scale.layout import Front, Proxy, caddy, find
from benchmarks.scale.programs import REPOSITORY, Program

DEPLOY = REPOSITORY / "deploy"
NGINX = "daemon off; pid nginx.pid; events {{}} http {{ access_log off; include {site}; }}\n"


def nginx(folder: Path, own: Sequence[int], replicas: Sequence[int]) -> Proxy:
    """Make nginx with `deploy/nginx.conf`."""
    options = f"-p {folder} -c {folder}/nginx.conf -e stderr"
    proxy = _proxy("nginx", options, folder)
    site = _write("nginx.conf", folder / "site.conf", own, replicas)
    (folder / "nginx.conf").write_text(NGINX.format(site=site))
    return proxy


def haproxy(folder: Path, own: Sequence[int], replicas: Sequence[int]) -> Proxy:
    """Make HAProxy with `deploy/haproxy.cfg`."""
    proxy = _proxy("haproxy", f"-W -db -f {folder}/haproxy.cfg", folder)
    _write("haproxy.cfg", folder / "haproxy.cfg", own, replicas)
    return proxy


def traefik(folder: Path, own: Sequence[int], replicas: Sequence[int]) -> Proxy:
    """Make Traefik with `deploy/traefik.yaml`."""
    options = f"--providers.file.filename={folder}/dynamic.yaml"
    proxy = _proxy("traefik", f"{options} --entrypoints.https.address=127.0.0.1:{own[1]}", folder)
    # By another name: what is called traefik.yaml beside it is its other configuration.
    _write("traefik.yaml", folder / "dynamic.yaml", own, replicas)
    return proxy


def _proxy(name: str, options: str, folder: Path) -> Proxy:
    path = find(name)
    assert path is not None
    program = Program((path, *options.split()), folder)
    files = certificate_in(folder)
    (folder / "both.pem").write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
    return Proxy(program, files.certificate)


def _write(name: str, target: Path, own: Sequence[int], replicas: Sequence[int]) -> Path:
    """Write a file of `deploy/` with the ports and the certificate of a run."""
    text = (DEPLOY / name).read_text("utf-8")
    here: Mapping[str, str] = {
        **{f"127.0.0.1:{8001 + n}": f"127.0.0.1:{port}" for n, port in enumerate(replicas)},
        "listen 443": f"listen 127.0.0.1:{own[1]}",
        "bind :443": f"bind 127.0.0.1:{own[1]}",
        "/etc/haproxy/voice.example.com.pem": "both.pem",
        "/etc/nginx/voice.example.com.pem": "cert.pem",
        "/etc/nginx/voice.example.com.key": "key.pem",
        "/etc/traefik/voice.example.com.pem": f"{target.parent}/cert.pem",
        "/etc/traefik/voice.example.com.key": f"{target.parent}/key.pem",
    }
    for written, put in here.items():
        text = text.replace(written, put)
    target.write_text(text, "utf-8")
    return target


FRONTS: Mapping[str, Front] = {
    "caddy": caddy,
    "nginx": nginx,
    "haproxy": haproxy,
    "traefik": traefik,
}


def version(name: str) -> str:
    """Return what a proxy says of its version."""
    path = find(name)
    assert path is not None
    option = {"nginx": "-v", "haproxy": "-v"}.get(name, "version")
    done = subprocess.run([path, option], capture_output=True, text=True, check=True)  # noqa: S603 - a program that was named to us
    said = (done.stdout + done.stderr).replace("nginx/", "").replace("-", " ").split()
    return next(word.lstrip("v") for word in said if word.lstrip("v")[:1].isdigit())
