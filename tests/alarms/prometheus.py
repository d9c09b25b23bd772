"""A real Prometheus with the shipped rules, on loopback, and what it says is firing."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import yaml

from upi_risk.adapters.embedded.process import free_port

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy/prometheus"


def configuration(ports: list[int]) -> dict[str, object]:
    """The shipped one, with targets named here in the place of those that a resolver finds."""
    found: dict[str, object] = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
    targets = [f"127.0.0.1:{port}" for port in ports]
    found |= {"rule_files": [str(DEPLOY / "rules.yml")]}
    found["scrape_configs"] = [{"job_name": "upi-risk", "static_configs": [{"targets": targets}]}]
    del found["alerting"]
    return found


class Watch:
    """Asks Prometheus what is firing."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=10)

    async def firing(self) -> set[str]:
        """The names of alerts that fire."""
        told = (await self._http.get("/api/v1/alerts")).json()["data"]["alerts"]
        return {one["labels"]["alertname"] for one in told if one["state"] == "firing"}

    async def until_firing(self, name: str, most: float) -> float | None:
        """How many seconds it takes from now until an alert fires; None if it does not in so many."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < most:
            if name in await self.firing():
                return loop.time() - began
            await asyncio.sleep(0.25)
        return None

    async def until_quiet(self, most: float = 240) -> set[str]:
        """What still fires after so many seconds; nothing as soon as nothing does."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (held := await self.firing()) and loop.time() - began < most:  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.5)
        return held

    async def ready(self) -> None:
        """Wait until it answers."""
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await self._http.get("/-/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        """End."""
        await self._http.aclose()


@contextlib.asynccontextmanager
async def watching(folder: Path, ports: list[int]) -> AsyncIterator[Watch]:
    """Prometheus, scraping these ports."""
    program = shutil.which("prometheus")
    if program is None:
        raise SystemExit("prometheus is absent: install Debian's package prometheus.")
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration(ports)), encoding="utf-8")
    listen = free_port()
    command = [
        program, f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{listen}", "--log.level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: ASYNC220 - at once
    watch = Watch(f"http://127.0.0.1:{listen}")
    try:
        await watch.ready()
        yield watch
    finally:
        await watch.close()
        process.terminate()
        process.wait(30)
