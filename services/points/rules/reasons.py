"""Which of the reasons against something is told."""

from collections.abc import Sequence

import numpy as np

from services.kernel.columns import Mask
from services.points.columns import Reasons
from services.points.refusals import Reason


def first_reason(checks: Sequence[tuple[Mask, Reason]]) -> Reasons:
    """The first reason that applies to each row; UNSPECIFIED: none does."""
    return np.select([applies for applies, _ in checks], [why for _, why in checks], 0).astype(np.int16)
