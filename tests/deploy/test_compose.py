"""What a container engine would be told: checked by its structure, since none is at hand."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner

from tests.deploy.stack import ROOT
from upi_risk.bootstrap.cli import COMMANDS

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: Final[dict[str, Any]] = COMPOSE["services"]
OURS: Final = {"migrate", "api", "worker", "webhooks"}
NOT_COMPOSE: Final = {"services": {"api": {"image": "upi-risk", "replicas": 2}}}
FILES: Final = (
    *((f"deploy/{name}.env", 0) for name in ("production", "owner", "postgres", "redis", "grafana")),
    (".env", 0),
    (".env.example", 1),
    ("deploy/production.env.example", 1),
)
"""Whether git ignores them: 0 is yes."""
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize(("document", "code"), [(COMPOSE, 0), (NOT_COMPOSE, 1)])
def test_the_file_is_what_the_specification_of_compose_allows(
    tmp_path: Path, document: dict[str, Any], code: int
) -> None:
    file = tmp_path / "compose.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    told = CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", "vendor.compose-spec", str(file)])
    assert told.exit_code == code, told.output


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_of_our_containers_runs_a_command_that_there_is(name: str) -> None:
    command = SERVICES[name].get("command", ["upi-risk", "serve"])
    assert command[0] == "upi-risk"
    assert command[1] in COMMANDS


def test_messages_are_delivered_by_a_container_of_their_own() -> None:
    assert SERVICES["webhooks"]["command"] == ["upi-risk", "webhooks", "deliver"]
    assert "profiles" not in SERVICES["webhooks"]


def test_the_image_is_built_from_the_hashed_lock_and_runs_as_nobody_special() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    assert len(stages) == 2
    assert "--require-hashes --no-deps -r requirements/run.lock" in stages[0]
    assert "pip install" not in stages[1]
    lock = (ROOT / "requirements" / "embedded.lock").read_text(encoding="utf-8")
    (tools,) = re.findall(r"RUN pip install (.+) &&", stages[0])
    assert all(f"\n{tool.split(' ')[0]} \\\n" in lock for tool in tools.split(" && ")[0].split())
    assert re.search(r"^USER [1-9]\d*$", stages[1], re.MULTILINE)
    assert "/health/ready" in stages[1]
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()
    }
    assert all((ROOT / name).exists() for name in copied)
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert all(any(name == one or name.startswith(f"{one}/") for one in allowed) for name in copied)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"postgres"}))
def test_each_container_but_the_database_cannot_write_its_root_or_gain_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_names_and_files_that_are_referred_to_exist() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"], volume
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), "open it to others on purpose, not by default"


def test_replicas_start_after_the_migration_and_behind_the_load_balancer() -> None:
    api = SERVICES["api"]
    for before, after in (("migrate", "models"), ("models", "api"), ("models", "worker")):
        assert SERVICES[after]["depends_on"][before]["condition"] == "service_completed_successfully"
    assert "ports" not in api
    production = {"APP_ENV": "production", "AUTH_MODE": "otp", "OTP_SENDER": "http", "REQUIRE_TLS": "false"}
    for name in OURS:
        assert SERVICES[name]["environment"].items() >= production.items(), name
    assert "APP_ENV=production AUTH_MODE=otp OTP_SENDER=http" in DOCKERFILE
    assert "server api:8000" in SERVICES["nginx"]["environment"]["UPSTREAMS"]


def test_the_worker_writes_the_models_and_the_api_reads_them() -> None:
    mounted = {
        name: service["volumes"] for name, service in SERVICES.items() if "artifacts" in str(service.get("volumes"))
    }
    assert mounted == {
        "models": ["artifacts:/artifacts"], "worker": ["artifacts:/artifacts"], "api": ["artifacts:/artifacts:ro"],
    }  # fmt: skip
    assert {SERVICES[name]["environment"]["ARTIFACTS_DIR"] for name in ("api", "worker")} == {"/artifacts"}
    assert "--without" not in SERVICES["worker"]["command"]
    assert "install -d -o 10001 -g 10001 /artifacts" in DOCKERFILE  # whose folder a fresh volume takes over
    assert SERVICES["models"]["command"][2].startswith("/app/artifacts/models")
    assert "COPY artifacts/models artifacts/models" in DOCKERFILE


def test_secrets_come_from_a_file_that_is_never_committed() -> None:
    example = (ROOT / "deploy/production.env.example").read_text(encoding="utf-8")
    for name in ("postgres", "redis", "grafana"):
        theirs = (ROOT / f"deploy/{name}.env.example").read_text(encoding="utf-8")
        assert re.findall(r"^\w+=.*$", theirs, re.MULTILINE) == re.findall(r"^\w*PASSWORD=$", theirs, re.MULTILINE)
    secret = re.findall(r"^\w*(?:PEPPER\w*|KEY\w*|TOKEN)=(.*)$", example, re.MULTILINE)
    assert secret == [""] * 7
    assert "PASSWORD=" not in example
    assert set(re.findall(r"^(OTP_\w+)=$", example, re.MULTILINE)) == {
        "OTP_PEPPER", "OTP_PEPPER_PREVIOUS", "OTP_GATEWAY_URL", "OTP_GATEWAY_TOKEN",
    }  # fmt: skip
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert not re.search(r"PASSWORD: *[^$\s]", text)
    for name, code in FILES:
        command = ["git", "check-ignore", "-q", name]
        assert subprocess.run(command, cwd=ROOT, check=False).returncode == code, name


@pytest.mark.parametrize(
    ("file", "knowing"),
    [
        ("owner", {"migrate"}),
        ("production", OURS),
        ("postgres", {"postgres"}),
        ("redis", {"redis"}),
        ("grafana", {"grafana"}),
        ("metrics", {"api", "prometheus"}),
    ],
)
def test_each_container_knows_what_it_needs_alone(file: str, knowing: set[str]) -> None:
    """Red where postgres, redis or grafana is given production.env, as they were."""
    found = {name for name, service in SERVICES.items() if f"deploy/{file}.env" in service.get("env_file", ())}
    assert found == knowing
    assert (ROOT / f"deploy/{file}.env.example").is_file()


def test_prometheus_gets_what_opens_the_metrics_in_a_file() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    file = config["scrape_configs"][0]["authorization"]["credentials_file"]
    assert f'printf %s "$$METRICS_TOKEN" >{file}' in SERVICES["prometheus"]["entrypoint"][2]
    example = (ROOT / "deploy/metrics.env.example").read_text(encoding="utf-8")
    assert re.findall(r"^\w+=(.*)$", example, re.MULTILINE) == [""]
