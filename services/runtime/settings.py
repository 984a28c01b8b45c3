"""Everything an operator can set, read from `CARAT_*` environment variables, checked once and then frozen."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AwareDatetime, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.logs import LogFormat, LogLevel
from services.runtime.settings_checks import (
    database_url,
    is_loopback,
    join_address,
    masked,
    split_address,
    unknown_names,
)

PREFIX = "CARAT_"
MIB = 1 << 20

ServiceName = Literal["tier", "points", "benefits", "operations"]
SERVICES: tuple[ServiceName, ...] = ("tier", "points", "benefits", "operations")

Processes = Annotated[int, Field(ge=1, le=64)]
MetricsPort = Annotated[int | None, Field(ge=0, le=65_535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
DatabaseUrl = Annotated[str | None, Field(repr=False)]


class SettingsError(ValueError):
    """One or more settings are wrong; the message has one line for each."""


class SettingRow(NamedTuple):
    """One line of `carat config`; `value` shows no password."""

    name: str
    value: str
    source: Literal["environment", "argument", "default"]
    meaning: str


class Settings(BaseSettings):
    """The settings of one process; made by `load_settings`, which words mistakes for people."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        validate_default=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    data_dir: Path = Path(".carat")
    """Folder of the embedded PostgreSQL and whatever else this deployment keeps."""

    tier_database_url: DatabaseUrl = None
    """PostgreSQL database of Tier, postgresql://user:password@host:port/database."""
    points_database_url: DatabaseUrl = None
    """PostgreSQL database of Points."""
    benefits_database_url: DatabaseUrl = None
    """PostgreSQL database of Benefits."""
    database_pool_size: Annotated[int, Field(ge=1, le=100)] = 8
    """Database connections of one service process, at most."""

    tier_address: str = "127.0.0.1:50051"
    """Where others reach Tier, host:port; Tier itself listens on this port of the bind host."""
    points_address: str = "127.0.0.1:50052"
    """Where others reach Points."""
    benefits_address: str = "127.0.0.1:50053"
    """Where others reach Benefits."""
    operations_address: str = "127.0.0.1:50054"
    """Where others reach Operations."""
    bind_host: Annotated[str, Field(pattern=r"^\S+$")] = "127.0.0.1"
    """Host that servers and metrics listen on."""
    allow_non_loopback: bool = False
    """Whether servers may listen, and be looked for, beyond this machine. Calls are not encrypted."""

    tier_processes: Processes = 2
    """Tier server processes on one port."""
    points_processes: Processes = 2
    """Points server processes on one port."""
    benefits_processes: Processes = 1
    """Benefits server processes on one port."""

    tier_metrics_port: MetricsPort = None
    """Prometheus port of Tier's first process, the next one for its second, and so on; 0 is off."""
    points_metrics_port: MetricsPort = None
    """Prometheus port of Points' first process."""
    benefits_metrics_port: MetricsPort = None
    """Prometheus port of Benefits' first process."""
    operations_metrics_port: MetricsPort = None
    """Prometheus port of Operations."""

    max_message_bytes: Annotated[int, Field(ge=64 * 1024, le=256 * MIB)] = 16 * MIB
    """Largest gRPC message sent or received, in bytes."""
    max_concurrent_rpcs: Annotated[int, Field(ge=1, le=100_000)] = 1024
    """Calls that one server process works on at once; more are refused as RESOURCE_EXHAUSTED."""
    rpc_timeout_seconds: Seconds = 30.0
    """Deadline that our own clients give a call."""
    max_rpc_seconds: Seconds = 120.0
    """Longest that a server works on one unary call, whatever deadline its caller gave."""
    coalescer_cap: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Unary calls gathered into one batch, at most."""
    drain_seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0
    """Time that calls under way are given to finish when a server is told to stop."""

    feed_poll_seconds: Seconds = 0.2
    """Pause of a follower that has read a feed to its end."""
    redrive_after_seconds: Seconds = 5.0
    """Age at which an accepted and not yet posted purchase is driven on again."""

    executor: Literal["ray", "inline"] = "ray"
    """What bulk runs are computed by: Ray actors, or the engine's own process."""
    ray_address: str | None = None
    """Address of a Ray cluster; none starts a local one."""
    ray_workers: Annotated[int | None, Field(ge=1, le=4096)] = None
    """Shard actors; none means one for each CPU."""
    object_store_memory_bytes: Annotated[int, Field(ge=80 * MIB)] = 256 * MIB
    """Shared memory of a local Ray, in bytes."""

    log_level: LogLevel = "INFO"
    """Least severe logs that are written."""
    log_format: LogFormat = "console"
    """Logs as aligned text or as JSON lines; always on standard error."""
    fault: Annotated[str | None, Field(pattern=r"^[a-z._]+(:[1-9][0-9]*)?$")] = None
    """Where this process kills itself, to rehearse a crash: chunk.recorded:3 is the third passing of that point."""
    fixed_now: AwareDatetime | None = None
    """An instant at which the clock stands still, to rehearse a recorded history."""

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("tier_database_url", "points_database_url", "benefits_database_url")
    @classmethod
    def _for_sqlalchemy(cls, url: str | None) -> str | None:
        return None if url is None else database_url(url)

    @field_validator("tier_address", "points_address", "benefits_address", "operations_address")
    @classmethod
    def _host_and_port(cls, address: str) -> str:
        return join_address(*split_address(address))

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper_case(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator(*(f"{service}_metrics_port" for service in SERVICES))
    @classmethod
    def _zero_is_off(cls, port: int | None) -> int | None:
        return port or None

    @model_validator(mode="after")
    def _checked_together(self) -> Self:
        mistakes = [*_unknown_variables(), *self._beyond_loopback(), *self._shared_places()]
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self

    def address(self, service: ServiceName) -> str:
        """Where clients reach the service, host:port."""
        addresses = {
            "tier": self.tier_address,
            "points": self.points_address,
            "benefits": self.benefits_address,
            "operations": self.operations_address,
        }
        return addresses[service]

    def bind_address(self, service: ServiceName) -> str:
        """Where the service's own server listens: the port of its address, on the bind host."""
        return join_address(self.bind_host, split_address(self.address(service))[1])

    def database_urls(self) -> dict[ServiceName, str | None]:
        """The database address of each service that owns one; None is one of the embedded PostgreSQL."""
        return {
            "tier": self.tier_database_url,
            "points": self.points_database_url,
            "benefits": self.benefits_database_url,
        }

    def describe(self) -> list[SettingRow]:
        """Every setting with its value, where the value comes from and what it means; passwords masked."""
        return [
            SettingRow(_variable(name), self._shown(name), self._source(name), field.description or "")
            for name, field in type(self).model_fields.items()
        ]

    def _shown(self, name: str) -> str:
        value: object = getattr(self, name)
        if name.endswith("_database_url"):
            return "embedded" if value is None else masked(str(value))
        return "not set" if value is None else str(value)

    def _source(self, name: str) -> Literal["environment", "argument", "default"]:
        if name not in self.model_fields_set:
            return "default"
        return "environment" if _variable(name) in _given_variables() else "argument"

    def _beyond_loopback(self) -> list[str]:
        if self.allow_non_loopback:
            return []
        hosts = {"bind_host": self.bind_host}
        hosts |= {f"{service}_address": split_address(self.address(service))[0] for service in SERVICES}
        return [
            f"{_variable(name)} is {host}, beyond this machine: to mean it, set CARAT_ALLOW_NON_LOOPBACK=true"
            for name, host in hosts.items()
            if not is_loopback(host)
        ]

    def _shared_places(self) -> list[str]:
        mistakes = []
        for one, other in combinations(SERVICES, 2):
            if self.address(one) == self.address(other) and not self.address(one).endswith(":0"):
                mistakes.append(f"{one} and {other} have the same address {self.address(one)}")
        urls = [(service, url) for service, url in self.database_urls().items() if url is not None]
        for (one, url), (other, same) in combinations(urls, 2):
            if url == same:
                mistakes.append(f"{one} and {other} have the same database: each service needs its own")
        return mistakes


def load_settings(**given: object) -> Settings:
    """The settings of the environment, `given` ones first; SettingsError names every mistake at once."""
    try:
        return Settings.model_validate(given)
    except ValidationError as refused:
        mistakes: dict[str, None] = {}
        for error in refused.errors(include_input=False, include_url=False):
            said = error["msg"].removeprefix("Value error, ")
            name = _variable(str(error["loc"][0])) + ": " if error["loc"] else ""
            mistakes |= dict.fromkeys(f"{name}{line}" for line in said.splitlines())
        mistakes |= dict.fromkeys(_unknown_variables())
        raise SettingsError("\n".join(mistakes)) from None


def _variable(name: str) -> str:
    return f"{PREFIX}{name}".upper()


def _given_variables() -> list[str]:
    return [name.upper() for name, value in os.environ.items() if name.upper().startswith(PREFIX) and value]


def _unknown_variables() -> list[str]:
    return unknown_names(_given_variables(), [_variable(name) for name in Settings.model_fields])
