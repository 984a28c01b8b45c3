"""What every policy message has in common, between protobuf and plain data; translation only."""

from dataclasses import asdict
from datetime import date

from google.type import date_pb2

from carat.tier.v1 import program_pb2
from services.kernel.calendar import day_date
from services.kernel.program import Program
from services.runtime.revisions import StoredRevision


def program_from_proto(message: program_pb2.Program) -> Program:
    """The program as plain data."""
    return Program(message.code, message.name, message.currency, message.time_zone, message.points_currency)


def program_to_proto(program: Program) -> program_pb2.Program:
    """The program as a message."""
    return program_pb2.Program(**asdict(program))


def revision_to_proto(revision: StoredRevision) -> program_pb2.Revision:
    """An applied revision as a message."""
    return program_pb2.Revision(
        number=revision.number,
        effective_from=day_to_proto(day_date(revision.effective_from)),
        digest=revision.digest,
    )


def day_from_proto(message: date_pb2.Date) -> date | None:
    """The day, or None where no calendar has it (30 February, or nothing said)."""
    try:
        return date(message.year, message.month, message.day)
    except (ValueError, OverflowError):
        return None


def day_to_proto(day: date) -> date_pb2.Date:
    """The day as a message."""
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)
