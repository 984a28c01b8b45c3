"""What was measured, for machines."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tests.load.options import Options
from tests.load.purchases import Ways
from tests.load.reviews import Measured
from tests.load.stages import Spent
from tests.load.targets import ratios_of


def document_of(options: Options, purchases: Ways | None, reviews: Sequence[Measured]) -> dict[str, Any]:
    """All figures as JSON knows them; seconds and counts, nothing rounded."""
    return {
        "machine": {
            "processors": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "options": {**asdict(options), "json": None},
        "ratios": [{**asdict(ratio), "is_met": ratio.is_met} for ratio in ratios_of(purchases, reviews)],
        "purchases": None if purchases is None else _purchases(purchases),
        "reviews": {measured.review.name: _review(measured) for measured in reviews},
    }


def _purchases(ways: Ways) -> dict[str, Any]:
    return {
        "batches": asdict(ways.batches),
        "unary": asdict(ways.unary),
        "one_caller": asdict(ways.one_caller),
        "by_sql": {str(clients): rate for clients, rate in ways.by_sql.items()},
        "profile": {"batches": ways.profile.batches, "stages": _stages(ways.profile.spent)},
    }


def _review(measured: Measured) -> dict[str, Any]:
    return {
        "members": measured.members,
        "same_rows": measured.agree,
        "moves": {
            f"reason {reason}, level {before} to {after}": count
            for (reason, before, after), count in measured.by_ray.written.kinds.items()
        },
        "seconds": {
            "ray": measured.by_ray.seconds,
            "in_process": measured.in_process.seconds,
            "one_statement": measured.by_statement.seconds,
            "sessions": measured.by_sessions.seconds,
            "preview": measured.preview_seconds,
            "rerun": measured.rerun_seconds,
            **{f"simulation_{whom}": seconds for whom, seconds in measured.simulations.items()},
        },
        "rerun_changes": measured.rerun_changes,
        "profile": {"chunks": measured.chunks, "stages": _stages(measured.stages)},
    }


def _stages(spent: Mapping[str, Spent]) -> dict[str, Any]:
    return {name: asdict(each) for name, each in spent.items()}
