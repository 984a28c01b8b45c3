"""Settings, clock and logs: what an operator sets is checked at once, and said back without secrets."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog
from pydantic import ValidationError

from services.runtime.clock import Clock
from services.runtime.logs import configure_logs
from services.runtime.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("CARAT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def restored_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()
    assert settings.data_dir == Path.cwd() / ".carat"
    assert settings.bind_address("tier") == "127.0.0.1:50051"
    assert set(settings.database_urls().values()) == {None}


def test_the_environment_sets_and_an_argument_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAT_TIER_PROCESSES", "3")
    monkeypatch.setenv("CARAT_POINTS_PROCESSES", "4")
    settings = load_settings(points_processes=1)
    assert (settings.tier_processes, settings.points_processes) == (3, 1)


def test_a_misspelt_variable_is_an_error_that_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAT_TIER_ADRESS", "127.0.0.1:1")
    with pytest.raises(SettingsError, match=r"CARAT_TIER_ADRESS is no setting; .* CARAT_TIER_ADDRESS"):
        load_settings()
    with pytest.raises(ValidationError):
        Settings()


def test_every_mistake_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAT_TIER_PROCESSES", "many")
    monkeypatch.setenv("CARAT_EXECUTOR", "spark")
    monkeypatch.setenv("CARAT_LOG_LEVLE", "INFO")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    lines = str(refused.value).splitlines()
    assert [line.split()[0].rstrip(":") for line in lines] == [
        "CARAT_TIER_PROCESSES",
        "CARAT_EXECUTOR",
        "CARAT_LOG_LEVLE",
    ]


@pytest.mark.parametrize("name", ["bind_host", "tier_address", "operations_address"])
def test_beyond_loopback_only_when_allowed(name: str) -> None:
    value = "0.0.0.0" if name == "bind_host" else "10.0.0.7:6000"
    with pytest.raises(SettingsError, match=f"CARAT_{name.upper()} is .* CARAT_ALLOW_NON_LOOPBACK"):
        load_settings(**{name: value})
    allowed = load_settings(**{name: value}, allow_non_loopback=True)
    assert getattr(allowed, name) == value


@pytest.mark.parametrize("address", ["localhost:1", "127.8.8.8:1", "[::1]:50051", "127.0.0.1:0"])
def test_every_form_of_loopback_is_understood(address: str) -> None:
    assert load_settings(tier_address=address).tier_address == address


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1", "127.0.0.1:", ":50051", "localhost:65536", "a b:1", "::1"]
)
def test_an_address_without_host_or_port_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="CARAT_POINTS_ADDRESS"):
        load_settings(points_address=address)


def test_two_services_at_one_address_are_refused() -> None:
    with pytest.raises(SettingsError, match="points and benefits have the same address"):
        load_settings(points_address="127.0.0.1:7000", benefits_address="127.0.0.1:7000")


def test_two_services_on_one_database_are_refused() -> None:
    url = "postgresql://carat:pw@db/carat"
    with pytest.raises(SettingsError, match="tier and points have the same database"):
        load_settings(tier_database_url=url, points_database_url=url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_database_address_is_brought_into_one_form(scheme: str) -> None:
    settings = load_settings(tier_database_url=f"{scheme}://carat:s3cret@db:6432/tier?sslmode=require")
    assert settings.tier_database_url == "postgresql+psycopg://carat:s3cret@db:6432/tier?sslmode=require"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://carat:s3cret@db/tier",
        "postgresql+asyncpg://carat:s3cret@db/tier",
        "postgresql://carat:s3cret@db",
        "postgresql://db/tier?password=s3cret",
        "carat:s3cret@db/tier",
        "postgresql://carat:s3cret@db:port/tier",
    ],
)
def test_a_wrong_database_address_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="CARAT_TIER_DATABASE_URL") as refused:
        load_settings(tier_database_url=url)
    assert "s3cret" not in str(refused.value)


def test_what_is_printed_shows_sources_and_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAT_TIER_DATABASE_URL", "postgresql://carat:s3cret@db/tier")
    settings = load_settings(log_level="debug")
    rows = {row.name: row for row in settings.describe()}
    assert set(rows) == {f"CARAT_{name.upper()}" for name in Settings.model_fields}
    assert rows["CARAT_TIER_DATABASE_URL"][1:3] == ("postgresql+psycopg://carat:***@db/tier", "environment")
    assert rows["CARAT_LOG_LEVEL"][1:3] == ("DEBUG", "argument")
    assert rows["CARAT_POINTS_DATABASE_URL"][1:3] == ("embedded", "default")
    assert all(row.meaning for row in rows.values())
    assert "s3cret" not in repr(settings)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().tier_processes = 5


def test_a_metrics_port_of_zero_is_off() -> None:
    assert load_settings(tier_metrics_port=0).tier_metrics_port is None


def test_a_clock_stands_still_where_it_is_put(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAT_FIXED_NOW", "2026-01-31T20:00:00Z")
    clock = Clock(load_settings().fixed_now)
    assert clock.now() == datetime(2026, 1, 31, 20, tzinfo=UTC)
    assert clock.today(ZoneInfo("Asia/Kuala_Lumpur")) == date(2026, 2, 1)
    assert clock.today(ZoneInfo("America/New_York")) == date(2026, 1, 31)


def test_an_instant_without_a_time_zone_is_no_instant() -> None:
    with pytest.raises(SettingsError, match="CARAT_FIXED_NOW"):
        load_settings(fixed_now="2026-01-31T20:00:00")
    with pytest.raises(ValueError, match="time zone"):
        Clock(datetime(2026, 1, 31, tzinfo=UTC).replace(tzinfo=None))


def test_the_systems_clock_is_aware_and_moves() -> None:
    before = datetime.now(UTC)
    assert before <= Clock().now() <= datetime.now(UTC)


@pytest.mark.usefixtures("restored_logs")
def test_logs_are_json_lines_on_standard_error_the_libraries_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO", "json", service="tier")
    structlog.get_logger("carat").info("member promoted", rank=1)
    logging.getLogger("library").warning("slow by %s", 3)
    logging.getLogger("library").debug("unheard")
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.err.splitlines()]
    assert [(line["event"], line["service"], line["level"]) for line in lines] == [
        ("member promoted", "tier", "info"),
        ("slow by 3", "tier", "warning"),
    ]
    assert lines[0]["rank"] == 1
    assert printed.out == ""


@pytest.mark.usefixtures("restored_logs")
def test_a_traceback_on_the_console_shows_no_local_variable(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO", "console")
    try:
        password = "s3cret"
        raise RuntimeError(f"refused a password of {len(password)} letters")
    except RuntimeError:
        structlog.get_logger("carat").exception("login")
    printed = capsys.readouterr().err
    assert "refused a password of 6 letters" in printed
    assert "= 's3cret'" not in printed
