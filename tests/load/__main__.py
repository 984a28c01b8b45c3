"""Runs the bench: everything in a folder of its own, nothing left behind."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from services.cli.failures import told_in_one_line
from services.cli.launcher.interruption import Interruption, interruptible
from services.runtime.logs import configure_logs
from services.runtime.postgres import EmbeddedPostgres
from tests.load.document import document_of
from tests.load.memberships import REVIEWS, write_membership
from tests.load.options import Options, parsed
from tests.load.purchases import Ways, measure_purchases
from tests.load.report import show_purchases, show_ratios, show_review
from tests.load.reviews import Measured, measure_review
from tests.load.scratch import Scratch
from tests.load.targets import ratios_of
from workers.conductor import RayExecutor

_OBJECT_STORE_BYTES = 128 << 20


def main() -> None:
    """Measures what is asked for and tells; ends with 1 when ways of one review wrote different rows."""
    options = parsed()
    configure_logs("WARNING", "console")
    console = Console(highlight=False)
    with told_in_one_line(), interruptible() as interruption, _folder() as folder:
        purchases = (
            _purchases(folder, options, interruption, console) if "purchases" in options.parts else None
        )
        reviews = _reviews(folder, options, console) if "reviews" in options.parts else []
    show_ratios(ratios_of(purchases, reviews), console)
    if options.json is not None:
        options.json.write_text(json.dumps(document_of(options, purchases, reviews), indent=2) + "\n")
    sys.exit(0 if all(measured.agree for measured in reviews) else 1)


def _purchases(folder: Path, options: Options, interruption: Interruption, console: Console) -> Ways:
    ways = measure_purchases(folder / "purchases", options, interruption, lambda news: _tell(console, news))
    show_purchases(ways, console)
    return ways


def _reviews(folder: Path, options: Options, console: Console) -> list[Measured]:
    found: list[Measured] = []
    _tell(console, "starting PostgreSQL and Ray")
    ray = RayExecutor(options.workers, _OBJECT_STORE_BYTES)
    try:
        ray.actor_pids()
        with EmbeddedPostgres(folder / "reviews") as postgres:
            scratch = Scratch(postgres.url("postgres"))
            for review in REVIEWS:
                _tell(console, f"writing {options.members:,} members, then their {review.name}")
                template = write_membership(scratch, review, options.members)
                found.append(measure_review(scratch, template, review, options.members, ray, options.workers))
                show_review(found[-1], options.workers, console)
                scratch.drop(template)
    finally:
        ray.close()
    return found


def _tell(console: Console, news: str) -> None:
    console.print(news, style="dim")


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="carat-bench-"))
    # Root's PostgreSQL runs as another user, who has to get in.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
