"""Hooks for schemathesis, which runs them in its own environment: half of its good requests name what there is.

Random ids are answered 404, and what lies behind would not be asked. UPI_RISK_REAL has a JSON object: ``user_id``,
``transactions``, and ``device`` with a proof that is good.
"""

import json
import os
import random
import uuid
from typing import Any

import schemathesis  # type: ignore[import-not-found]
from schemathesis import GenerationMode

_DICE = random.Random(1)  # noqa: S311 - which values are real is no secret
_REAL = json.loads(os.environ["UPI_RISK_REAL"])


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:  # noqa: ANN401 - its types are not installed here
    """Put real ids in the place of made-up ones, and let no key of a payment come twice."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    if isinstance(case.body, dict) and "amount" in case.body and "transaction_id" in case.body:
        case.body["transaction_id"] = uuid.uuid4().hex
    if isinstance(case.body, dict) and isinstance(case.body.get("device_proof"), str):
        case.body |= _REAL["device"]  # of any other key it would be a proof that is none
    if _DICE.random() < 0.5:
        return
    if "transaction_id" in (case.path_parameters or {}):
        case.path_parameters["transaction_id"] = _DICE.choice(_REAL["transactions"])
    if isinstance(case.body, dict) and isinstance(case.body.get("user_id"), str):
        case.body["user_id"] = _REAL["user_id"]
