"""Fake services that the command finds as if they were running."""

from collections.abc import Iterator

import pytest

from services.cli.importing import lanes
from tests.cli.fake_services import FakePoints, FakeTier, served_points, served_tier


@pytest.fixture
def fake_points(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePoints]:
    service = FakePoints()
    with served_points(service) as address:
        monkeypatch.setenv("CARAT_POINTS_ADDRESS", address)
        yield service


@pytest.fixture
def fake_tier(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTier]:
    service = FakeTier()
    with served_tier(service) as address:
        monkeypatch.setenv("CARAT_TIER_ADDRESS", address)
        yield service


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "BATCH_ROWS", 10)
