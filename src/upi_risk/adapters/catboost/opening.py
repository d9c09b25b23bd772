"""From the content of a model file to a scorer."""

from __future__ import annotations

from catboost import CatBoostClassifier

from upi_risk.adapters.catboost.scorer import CatBoostScorer
from upi_risk.adapters.catboost.trial import tried
from upi_risk.domain.model import ModelCard


def open_scorer(model: bytes, card: ModelCard) -> CatBoostScorer:
    """Load a model, in a child process: this one takes over what the child has read, and not the file.

    A damaged file that one process survives may crash another, so that surviving is no proof.

    Args:
        model: the content of a ``.cbm`` file that the card fits.
        card: what it is.

    Raises:
        ModelRejectedError: it cannot be loaded, or is not what the card says.
    """
    opened = CatBoostScorer(tried(model, card), card, lambda: CatBoostClassifier().load_model(blob=model))
    card.require_canaries([scored.probability for scored in opened.score([canary.vector for canary in card.canaries])])
    return opened
