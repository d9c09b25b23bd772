"""Makes a bill of materials plain: names, versions, hashes and package URLs, and no address of a registry.

``python tools/sbom.py FILE`` rewrites a CycloneDX document that cyclonedx-py made of a lock.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

KEPT = ("name", "purl", "type", "version")


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """The same bill; each part is named by its package URL, and has the hashes of its distributions itself."""
    names = {part["bom-ref"]: part["purl"] for part in document["components"]}
    parts = {part["purl"]: _part(part) for part in document["components"]}
    root = document["metadata"]["component"]
    metadata = {
        "component": {**root, "bom-ref": "root-component"},
        "tools": {"components": [_named(tool) for tool in document["metadata"]["tools"]["components"]]},
    }
    depends = [{"ref": "root-component", "dependsOn": sorted(parts)}, *({"ref": ref} for ref in sorted(parts))]
    known = {names.get(one["ref"], one["ref"]) for one in document["dependencies"]}
    if known != {one["ref"] for one in depends}:
        raise ValueError("The bill names a part that it does not have.")
    return {
        **{name: document[name] for name in ("$schema", "bomFormat", "specVersion", "version")},
        "metadata": metadata,
        "components": [parts[purl] for purl in sorted(parts)],
        "dependencies": depends,
    }


def _part(part: dict[str, Any]) -> dict[str, Any]:
    found = [one for reference in part.get("externalReferences", ()) for one in reference.get("hashes", ())]
    hashes = sorted({(one["alg"], one["content"]) for one in found})
    if not hashes:
        raise ValueError(f"{part['name']} has no hash.")
    return {
        "bom-ref": part["purl"],
        **{name: part[name] for name in KEPT},
        "hashes": [{"alg": kind, "content": content} for kind, content in hashes],
    }


def _named(tool: dict[str, Any]) -> dict[str, Any]:
    return {name: tool[name] for name in ("group", "name", "type", "version") if name in tool}


if __name__ == "__main__":
    file = Path(sys.argv[1])
    made = plain(json.loads(file.read_text(encoding="utf-8")))
    file.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
