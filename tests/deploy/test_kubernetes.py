"""What a cluster would be told: each manifest by Kubernetes' own schema, and that they fit together.

There is no cluster here and no kustomize; what it puts together is checked by what it reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import msgspec
import pytest
import yaml

from tests.deploy.stack import ROOT
from upi_risk.bootstrap.cli import COMMANDS
from upi_risk.bootstrap.settings import Settings

FOLDER: Final = ROOT / "deploy" / "kubernetes"
BASE: Final = FOLDER / "base"
PRODUCTION: Final = FOLDER / "overlays" / "production"
VERSION: Final = "1.31"


def kustomization(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    return found


def manifests() -> Iterator[dict[str, Any]]:
    """Every document that the overlay and its base name."""
    for folder in (BASE, PRODUCTION):
        for name in kustomization(folder)["resources"]:
            if name.endswith(".yaml"):
                yield from yaml.safe_load_all((folder / name).read_text(encoding="utf-8"))


MANIFESTS: Final = list(manifests())
PODS: Final = {m["metadata"]["name"]: m for m in MANIFESTS if m["kind"] in {"Deployment", "Job"}}
SECRET: Final = {
    "DATABASE_URL", "REDIS_URL", "OTP_PEPPER", "OTP_GATEWAY_URL", "OTP_GATEWAY_TOKEN", "METRICS_TOKEN", "DATA_KEY",
    "PHONE_INDEX_KEY",
}  # fmt: skip


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {m["metadata"]["name"]: m for m in MANIFESTS if m["kind"] == kind}


def pod(name: str) -> dict[str, Any]:
    found: dict[str, Any] = PODS[name]["spec"]["template"]["spec"]
    return found


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda m: f"{m['kind']}-{m['metadata']['name']}")
def test_each_manifest_is_one_of_its_kind(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_a_field_that_does_not_exist_is_seen() -> None:
    wrong = {**named("Deployment")["api"], "specs": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


def test_every_file_is_named_and_every_name_is_a_file() -> None:
    for folder in (BASE, PRODUCTION):
        parts = kustomization(folder)
        told = {*parts["resources"], *(patch["path"] for patch in parts.get("patches", ()))}
        assert {name for name in told if name.endswith(".yaml")} == {
            file.name for file in folder.glob("*.yaml") if file.name != "kustomization.yaml"
        }
    assert (PRODUCTION / "../../base").resolve() == BASE


@pytest.mark.parametrize("name", sorted(PODS))
def test_each_pod_is_nobody_special_writes_nothing_and_asks_the_cluster_for_nothing(name: str) -> None:
    spec = pod(name)
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert f"--uid {spec['securityContext']['runAsUser']} " in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    every = [container, *spec.get("initContainers", ())]
    mounted = {mount["name"] for each in every for mount in each["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["volumes"]}
    assert all(each["securityContext"] == container["securityContext"] for each in every)
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", sorted(PODS))
def test_each_pod_runs_a_command_that_there_is_with_settings_that_there_are(name: str) -> None:
    (container,) = pod(name)["containers"]
    command = container.get("command", ["upi-risk", "serve"])
    assert command[0] == "upi-risk"
    assert command[1] in COMMANDS
    metrics = [{"secretRef": {"name": "upi-risk-metrics"}}] if name == "api" else []
    common = [{"configMapRef": {"name": "upi-risk"}}, {"secretRef": {"name": "upi-risk"}}]
    assert container["envFrom"] == [*common, *metrics]
    assert "env" not in container
    assert container["image"] in {image["name"] for image in kustomization(PRODUCTION)["images"]}


def test_settings_are_known_and_no_secret_is_among_them() -> None:
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    overlay = yaml.safe_load((PRODUCTION / "settings.yaml").read_text(encoding="utf-8"))
    told = {**named("ConfigMap")["upi-risk"]["data"], **overlay["data"]}
    assert told.keys() <= known
    assert not told.keys() & SECRET
    assert known >= SECRET
    assert named("Secret") == {}
    assert all(f"{name}=" in (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8") for name in SECRET)


def test_what_selects_pods_finds_them_and_ports_are_named_by_the_container() -> None:
    labels = {name: manifest["spec"]["template"]["metadata"]["labels"] for name, manifest in PODS.items()}
    ports = {port["name"]: port["containerPort"] for port in pod("api")["containers"][0]["ports"]}
    selectors = [
        m["spec"]["selector"].get("matchLabels", m["spec"]["selector"])
        for m in MANIFESTS
        if m["kind"] in {"Deployment", "Service", "PodDisruptionBudget"}
    ]
    assert selectors
    assert all(selector in labels.values() for selector in selectors)
    assert ports == {"http": 8000, "metrics": 9464}
    for service in named("Service").values():
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports.keys()


def test_the_api_is_probed_spread_scaled_and_never_taken_down_as_a_whole() -> None:
    (container,) = pod("api")["containers"]
    probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {kind: probe["path"] for kind, probe in probes.items()} == {
        "startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready",
    }  # fmt: skip
    assert all(probe["httpHeaders"] == [{"name": "Host", "value": "localhost"}] for probe in probes.values())
    api, scaler = named("Deployment")["api"], named("HorizontalPodAutoscaler")["api"]["spec"]
    assert "replicas" not in api["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    assert 2 <= scaler["minReplicas"] <= scaler["maxReplicas"]
    assert api["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert named("PodDisruptionBudget")["api"]["spec"]["maxUnavailable"] == 1


def test_the_worker_writes_the_models_and_the_api_reads_them() -> None:
    claims = {
        name: volume["persistentVolumeClaim"]
        for name in PODS
        for volume in pod(name)["volumes"]
        if "persistentVolumeClaim" in volume
    }
    assert {claim["claimName"] for claim in claims.values()} == set(named("PersistentVolumeClaim")) == {"artifacts"}
    assert {name: claim.get("readOnly", False) for name, claim in claims.items()} == {
        "api": True, "worker": False, "migrate": False,
    }  # fmt: skip
    assert named("PersistentVolumeClaim")["artifacts"]["spec"]["accessModes"] == ["ReadWriteMany"]
    assert "--without" not in pod("worker")["containers"][0]["command"]
    place = named("ConfigMap")["upi-risk"]["data"]["ARTIFACTS_DIR"]
    (seeding,) = pod("migrate")["initContainers"]
    assert seeding["command"][-1] == f"{place}/"
    assert {name: pod(name)["securityContext"].get("fsGroup") for name in ("worker", "migrate")} == {
        "worker": 10001, "migrate": 10001,
    }  # fmt: skip
