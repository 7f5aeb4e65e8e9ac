"""Redis with a replica that takes over, by sentinels or as a cluster, on free loopback ports."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.redis_server import RedisServer, find_redis_server
from tests.support import free_ports

SERVICE, SENTINELS, QUORUM = "counts", 3, 2
SLOTS, SLOTS_A_NODE = 16384, 5462
SENTINEL = f"""\
port {{port}}
bind 127.0.0.1
dir {{folder}}
sentinel monitor {SERVICE} 127.0.0.1 {{primary}} {QUORUM}
sentinel down-after-milliseconds {SERVICE} {{down_after_ms}}
sentinel failover-timeout {SERVICE} 6000
"""


class Guarded(NamedTuple):
    """What runs, and where the service finds it."""

    primary: RedisServer
    replica: RedisServer
    sentinels: list[RedisServer]

    @property
    def url(self) -> str:
        """Where it is, in the form of the setting."""
        places = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{places}/{SERVICE}"


@contextmanager
def guarded_redis(down_after_ms: int = 500) -> Iterator[Guarded]:
    """Run all until the end of the block; returns once each knows of the others.

    Args:
        down_after_ms: How long a primary is silent until a sentinel takes it for dead.
    """
    path = find_redis_server()
    first, second, *others = free_ports(2 + SENTINELS)
    with tempfile.TemporaryDirectory() as name, ExitStack() as all_:

        def run(port: int, *options: str) -> RedisServer:
            folder = Path(name, str(port))
            folder.mkdir()
            if not options:
                told = folder / "sentinel.conf"
                told.write_text(
                    SENTINEL.format(
                        port=port, folder=folder, primary=first, down_after_ms=down_after_ms
                    )
                )
                options = (str(told), "--sentinel")
            server = RedisServer(path, str(folder), port, *options)
            all_.callback(server.kill)
            server.start()
            return server

        primary = run(first, "--repl-diskless-sync-delay", "0")
        replica = run(second, "--replicaof", f"127.0.0.1 {first}")
        primary.until("INFO replication", b"state=online")
        sentinels = [run(port) for port in others]
        known = f"slaves=1,sentinels={SENTINELS}".encode()
        for each in sentinels:
            each.until("INFO sentinel", known)
        yield Guarded(primary, replica, sentinels)


class Clustered(NamedTuple):
    """The node of a cluster that holds the slot of the service's keys, and its replica."""

    holder: RedisServer
    replica: RedisServer


@contextmanager
def clustered_redis() -> Iterator[Clustered]:
    """Run three nodes that hold slots, and a replica of the one that holds ours."""
    path = find_redis_server()
    ports = free_ports(8)
    with tempfile.TemporaryDirectory() as name, ExitStack() as all_:
        nodes = []
        for port, bus in zip(ports[:4], ports[4:], strict=True):
            folder = Path(name, str(port))
            folder.mkdir()
            options = f"--cluster-enabled yes --cluster-port {bus} --cluster-node-timeout 1000"
            nodes.append(RedisServer(path, str(folder), port, *options.split()))
            all_.callback(nodes[-1].kill)
            nodes[-1].start()
        *holders, replica = nodes
        slot = int(holders[0].ask("CLUSTER KEYSLOT {voicegate}:").strip(b":\r\n"))
        for node, first in zip(holders, range(0, SLOTS, SLOTS_A_NODE), strict=True):
            last = min(first + SLOTS_A_NODE, SLOTS) - 1
            node.ask(f"CLUSTER ADDSLOTSRANGE {first} {last}")
        for port, bus in zip(ports[1:4], ports[5:], strict=True):
            holders[0].ask(f"CLUSTER MEET 127.0.0.1 {port} {bus}")
        for node in nodes:
            node.until("CLUSTER INFO", b"cluster_state:ok")
            node.until("CLUSTER INFO", b"cluster_known_nodes:4")
        holder = holders[slot // SLOTS_A_NODE]
        replica.ask(f"CLUSTER REPLICATE {holder.ask('CLUSTER MYID').split()[1].decode()}")
        replica.until("INFO replication", b"master_link_status:up")
        yield Clustered(holder, replica)
