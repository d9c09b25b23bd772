"""A Redis Cluster of six real nodes on loopback: three masters, each with a replica."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from upi_risk.adapters.embedded.binaries import find_valkey
from upi_risk.adapters.embedded.process import SupervisedProcess, free_port
from upi_risk.adapters.redis.client import CLUSTER

PASSWORD = "for-tests-alone"
SLOTS = 16_384
NODES = 6
MASTERS = 3


@dataclass(frozen=True, slots=True)
class Node:
    """One server of the cluster."""

    port: int
    process: SupervisedProcess

    def client(self) -> Any:  # noqa: ANN401 - its commands have no types
        return redis.Redis("127.0.0.1", self.port, password=PASSWORD, socket_timeout=5)


@dataclass(frozen=True, slots=True)
class Cluster:
    """All of it; the first three nodes are the masters at the start."""

    nodes: list[Node]

    @property
    def url(self) -> str:
        return f"{CLUSTER}:{PASSWORD}@127.0.0.1:{self.nodes[-1].port}"

    def kill(self, number: int) -> None:
        """End a node as a power cut would."""
        os.kill(self.nodes[number].process.pid, signal.SIGKILL)

    def gone(self, number: int) -> bool:
        """Whether the others have noticed that a node is dead, and a replica has all that was its."""
        port, (first, *_) = self.nodes[number].port, [node for node in self.nodes if node.process.exit_code() is None]
        with contextlib.suppress(redis.RedisError), first.client() as client:
            told = str(client.execute_command("CLUSTER", "NODES"))
            lines = [line for line in told.replace("\\n", "\n").splitlines() if f":{port}@" in line]
            return all("master,fail " in line for line in lines) and self.whole()
        return False

    def whole(self) -> bool:
        """Whether every slot has a master that answers, in the view of each node that lives."""
        with contextlib.suppress(redis.RedisError):
            return all(map(_sees_all, (node for node in self.nodes if node.process.exit_code() is None)))
        return False


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Six nodes, gone after the block."""
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(_node(folder / str(number))) for number in range(NODES)]
        _join(nodes)
        made = Cluster(nodes)
        wait_for(made.whole)
        yield made


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Return when it holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "The cluster did not get there."
        time.sleep(0.1)


@contextlib.contextmanager
def _node(folder: Path) -> Iterator[Node]:
    folder.mkdir()
    port = free_port()
    options = {
        "bind": "127.0.0.1", "port": port, "cluster-port": free_port(), "dir": f'"{folder}"', "save": '""',
        "cluster-enabled": "yes", "cluster-node-timeout": 4000, "requirepass": PASSWORD, "masterauth": PASSWORD,
    }  # fmt: skip
    configuration = folder / "node.conf"
    configuration.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    command = [find_valkey().path, configuration]
    with SupervisedProcess(command, stop_signal=signal.SIGTERM, log=folder / "log") as process:
        node = Node(port, process)
        wait_for(lambda: _answers(node))
        yield node


def _answers(node: Node) -> bool:
    with contextlib.suppress(redis.RedisError), node.client() as client:
        return bool(client.ping())
    return False


def _join(nodes: list[Node]) -> None:
    clients = [node.client() for node in nodes]
    ids = [_text(client.execute_command("CLUSTER", "MYID")) for client in clients]
    bounds = [SLOTS * number // MASTERS for number in range(MASTERS + 1)]
    for number in range(MASTERS):
        clients[number].execute_command("CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
    for client in clients[1:]:
        config = nodes[0].client().config_get("cluster-port")["cluster-port"]
        client.execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[0].port, int(config))
    for number in range(MASTERS, NODES):
        wait_for(lambda at=number: _knows(clients[at], ids[at - MASTERS]))  # type: ignore[misc]
        clients[number].execute_command("CLUSTER", "REPLICATE", ids[number - MASTERS])
    for client in clients:
        client.close()


def _knows(client: Any, name: str) -> bool:  # noqa: ANN401
    return name in str(client.execute_command("CLUSTER", "NODES"))


def _text(answer: object) -> str:
    return answer.decode() if isinstance(answer, bytes) else str(answer)


def _sees_all(node: Node) -> bool:
    with node.client() as client:
        told = str(client.execute_command("CLUSTER", "INFO"))
    return "cluster_state:ok" in told and f"cluster_slots_ok:{SLOTS}" in told
