"""From the content of a model file to a scorer."""

from __future__ import annotations

from catboost import CatBoostClassifier, CatBoostError

from upi_risk.adapters.catboost.scorer import CatBoostScorer
from upi_risk.adapters.catboost.trial import require_survival
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.model import ModelCard


def open_scorer(model: bytes, card: ModelCard) -> CatBoostScorer:
    """Load a model, in a child process first.

    Args:
        model: the content of a ``.cbm`` file that the card fits.
        card: what it is.

    Raises:
        ModelRejectedError: it cannot be loaded, or is not what the card says.
    """
    require_survival(model, card)
    loaded = CatBoostClassifier()
    try:
        loaded.load_model(blob=model)
    except CatBoostError as error:
        message = f"Model {card.version} cannot be loaded: its file is damaged; restore it or train anew."
        raise ModelRejectedError(message) from error
    return CatBoostScorer(loaded, card)
