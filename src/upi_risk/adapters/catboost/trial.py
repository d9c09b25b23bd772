"""A child process that loads a model and scores its canary rows: a damaged file may crash it, and nothing else.

CatBoost's format has no checksum, and of 40 files with 20 damaged bytes 8 ended the process that read them. Run as
``python -P -m upi_risk.adapters.catboost.trial``, where ``-P`` keeps it from importing what lies in the folder that we
are in: on standard input a line of JSON (the rows), then the model; on standard output the probabilities as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache

from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.model import ModelCard

TIMEOUT_SECONDS = 60.0


def require_survival(model: bytes, card: ModelCard) -> None:
    """Load a model in a child process and have it score its canary rows there.

    What survived is remembered, as the same content survives again: a rollback starts no child.

    Args:
        model: the content of the model file.
        card: what the model should be.

    Raises:
        ModelRejectedError: the child crashed, could not load the model, or scored its rows otherwise than at training.
    """
    rows = json.dumps([canary.vector for canary in card.canaries]).encode()
    try:
        probabilities = list(_scored_by_a_child(model, rows))
    except (subprocess.SubprocessError, ValueError) as error:
        message = f"Model {card.version} cannot be loaded: its file is damaged; restore it or train anew."
        raise ModelRejectedError(message) from error
    card.require_canaries(probabilities)


@lru_cache(maxsize=4)
def _scored_by_a_child(model: bytes, rows: bytes) -> tuple[float, ...]:
    command = [sys.executable, "-P", "-m", "upi_risk.adapters.catboost.trial"]
    child = subprocess.run(  # noqa: S603 - this very module
        command, input=rows + b"\n" + model, capture_output=True, timeout=TIMEOUT_SECONDS, check=True
    )
    return tuple(float(number) for number in json.loads(child.stdout))


def _main() -> None:
    import numpy as np  # noqa: PLC0415 - the parent needs none of this
    from catboost import CatBoostClassifier  # noqa: PLC0415

    rows = json.loads(sys.stdin.buffer.readline())
    model = CatBoostClassifier()
    model.load_model(blob=sys.stdin.buffer.read())
    answers = model.predict(np.array(rows, dtype=np.float32), prediction_type="Probability", thread_count=1)
    sys.stdout.write(json.dumps(answers[:, 1].tolist()))


if __name__ == "__main__":
    _main()
