"""A digest of a document inside the document: whatever is changed in it shows, spaces too."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

UNSEALED: Final = "0" * 64
"""What stands in the place of the digest while it is computed."""

_SEAL: Final = re.compile(rb'("seal": ?")([0-9a-f]{64})(")')


def sealed(content: bytes) -> bytes:
    """The document, whose field ``seal`` is :data:`UNSEALED`, with its digest there."""
    digest = sha256(content).hexdigest().encode()
    return _SEAL.sub(rb"\g<1>" + digest + rb"\g<3>", content, count=1)


def is_intact(content: bytes) -> bool:
    """Whether a sealed document is as it was sealed; one without a seal is not."""
    found = _SEAL.search(content)
    if found is None:
        return False
    bare = content[: found.start(2)] + UNSEALED.encode() + content[found.end(2) :]
    return sha256(bare).hexdigest().encode() == found.group(2)
