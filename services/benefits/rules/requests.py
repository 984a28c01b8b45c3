"""What is wrong with a use by itself, before anything is looked up."""

from collections.abc import Callable

import numpy as np

from services.benefits.columns import Mask, Reasons, Texts, Uses
from services.benefits.refusals import Reason
from services.kernel.calendar import NEVER
from services.kernel.columns import occurrence_numbers
from services.kernel.program import is_code


def decide_request_refusals(uses: Uses, today: int, *, has_policy: bool) -> Reasons:
    """The refusal of each use by itself or beside its neighbours, the first in precedence; 0: none."""
    checks: list[tuple[Reason, Mask]] = [
        (Reason.TRANSACTION_ID_MUST_BE_PRINTABLE, ~_each(is_code, uses.transaction_id)),
        (Reason.MEMBER_ID_MUST_BE_PRINTABLE, ~_each(is_code, uses.member_id)),
        (Reason.DUPLICATE_IN_BATCH, occurrence_numbers(uses.transaction_id.tolist()) > 0),
        (Reason.POLICY_REQUIRED, np.full(len(uses), not has_policy)),
        (Reason.QUANTITY_MUST_BE_POSITIVE, uses.quantity <= 0),
        (Reason.VALUE_MUST_NOT_BE_NEGATIVE, uses.value_minor < 0),
        (Reason.DATE_MUST_BE_VALID, uses.used_on == NEVER),
        (Reason.DATE_MUST_NOT_BE_IN_FUTURE, uses.used_on > today),
    ]
    refused = np.select([mask for _, mask in checks], [int(reason) for reason, _ in checks], 0)
    return refused.astype(np.int16)


def _each(test: Callable[[str], bool], values: Texts) -> Mask:
    return np.fromiter((test(value) for value in values), dtype=np.bool_, count=len(values))
