"""A child process that reads a model and scores its canary rows: a damaged file may crash it, and nothing else.

CatBoost's format has no checksum, and of 40 files with 20 damaged bytes 8 ended the process that read them. Run as
``python -P -m upi_risk.adapters.catboost.trial``, where ``-P`` keeps it from importing what lies in the folder that we
are in: on standard input a line of JSON (the rows), then the model; on standard output, as JSON, the probabilities and
what the model is made of.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from typing import Any

from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.model import ModelCard

TIMEOUT_SECONDS = 60.0


def tried(model: bytes, card: ModelCard) -> dict[str, Any]:
    """Load a model in a child process and have it score its canary rows there.

    What survived is remembered, as the same content survives again: a rollback starts no child.

    Args:
        model: the content of the model file.
        card: what the model should be.

    Returns:
        What :func:`~upi_risk.adapters.catboost.scorer.described` tells of it.

    Raises:
        ModelRejectedError: the child crashed, could not load the model, or scored its rows otherwise than at training.
    """
    rows = json.dumps([canary.vector for canary in card.canaries]).encode()
    try:
        told: dict[str, Any] = json.loads(_told_by_a_child(model, rows))
        probabilities = [float(number) for number in told["probabilities"]]
    except (subprocess.SubprocessError, ValueError) as error:
        message = f"Model {card.version} cannot be loaded: its file is damaged; restore it or train anew."
        raise ModelRejectedError(message) from error
    card.require_canaries(probabilities)
    return told


@lru_cache(maxsize=4)
def _told_by_a_child(model: bytes, rows: bytes) -> bytes:
    command = [sys.executable, "-P", "-m", "upi_risk.adapters.catboost.trial"]
    child = subprocess.run(  # noqa: S603 - this very module
        command, input=rows + b"\n" + model, capture_output=True, timeout=TIMEOUT_SECONDS, check=True
    )
    return child.stdout


def _main() -> None:
    import numpy as np  # noqa: PLC0415 - the parent needs none of this
    from catboost import CatBoostClassifier  # noqa: PLC0415

    from upi_risk.adapters.catboost.scorer import described, fraud_probabilities  # noqa: PLC0415

    rows = json.loads(sys.stdin.buffer.readline())
    model = CatBoostClassifier()
    model.load_model(blob=sys.stdin.buffer.read())
    answers = fraud_probabilities(model, np.array(rows, dtype=np.float32))
    json.dump({"probabilities": answers.tolist(), **described(model)}, sys.stdout)


if __name__ == "__main__":
    _main()
