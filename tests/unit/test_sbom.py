"""A bill of materials names what there is, and no place to get it from."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tools.sbom import plain

MADE: dict[str, Any] = {
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {
        "component": {"bom-ref": "root-component", "name": "upi-risk", "type": "application", "version": "0.1.0"},
        "tools": {
            "components": [
                {
                    "name": "a-tool",
                    "type": "application",
                    "version": "7",
                    "externalReferences": [{"url": "https://registry.example/a-tool"}],
                }
            ]
        },
    },
    "components": [
        {
            "bom-ref": "requirements-L1",
            "name": "alembic",
            "version": "1.20",
            "purl": "pkg:pypi/alembic@1.20",
            "type": "library",
            "description": "requirements line 1",
            "externalReferences": [
                {
                    "url": "https://registry.example/alembic/",
                    "hashes": [{"alg": "SHA-256", "content": "bb"}, {"alg": "SHA-256", "content": "aa"}],
                }
            ],
        }
    ],
    "dependencies": [{"ref": "requirements-L1"}, {"ref": "root-component"}],
}


def test_names_versions_hashes_and_purls_stay_and_addresses_go() -> None:
    made = plain(MADE)
    assert "registry.example" not in json.dumps(made)
    assert made["components"] == [
        {
            "bom-ref": "pkg:pypi/alembic@1.20",
            "name": "alembic",
            "purl": "pkg:pypi/alembic@1.20",
            "type": "library",
            "version": "1.20",
            "hashes": [{"alg": "SHA-256", "content": "aa"}, {"alg": "SHA-256", "content": "bb"}],
        }
    ]
    assert made["dependencies"][0] == {"ref": "root-component", "dependsOn": ["pkg:pypi/alembic@1.20"]}


def test_a_part_without_a_hash_or_that_nobody_lists_is_a_fault() -> None:
    bare = copy.deepcopy(MADE)
    del bare["components"][0]["externalReferences"]
    with pytest.raises(ValueError, match="alembic has no hash"):
        plain(bare)
    with pytest.raises(ValueError, match="does not have"):
        plain({**MADE, "dependencies": [{"ref": "other"}, {"ref": "root-component"}]})
