"""Whatever goes wrong is told in one line with an exit code, never as a traceback."""

import re
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import typer
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from typer.testing import CliRunner

from services.cli.app import app
from services.cli.failures import CommandFailed, ExitCode, failure_of, told_in_one_line, violations_of
from services.runtime.refusal import FieldMistake, Refused, refusal_status
from services.tier.refusals import Reason


def failed_call(code: int, text: str, refusal: Refused | None = None) -> grpc.RpcError:
    """The error of a call that a real server answered with a status."""

    def answer(_request: bytes, context: grpc.ServicerContext) -> bytes:
        plain = rpc_status.to_status(Status(code=code, message=text))
        context.abort_with_status(refusal_status(refusal, "tier.carat") if refusal else plain)
        raise AssertionError

    server = grpc.server(ThreadPoolExecutor(1))
    methods: dict[str, grpc.RpcMethodHandler] = {"Ask": grpc.unary_unary_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        return error_of_call(port)
    finally:
        server.stop(None)


def error_of_call(port: int) -> grpc.RpcError:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/test/Ask")
        with pytest.raises(grpc.RpcError) as raised:
            call(b"", timeout=10)
    return raised.value


def refused(code: int = code_pb2.NOT_FOUND, mistakes: Sequence[FieldMistake] = ()) -> grpc.RpcError:
    refusal = Refused(Reason.MEMBER_UNKNOWN, "no member nobody", code=code, mistakes=mistakes)
    return failed_call(code, "", refusal)


def told(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(typer.Exit) as ended, told_in_one_line():
        raise error
    return ended.value.exit_code, re.sub(r"\s+", " ", capsys.readouterr().err).strip()


def test_the_numbers_that_a_caller_cannot_know_are_told_with_a_refusal():
    metadata = {"member_id": "M1", "available": "1200", "minimum_points": "100"}
    refusal = Refused(Reason.MEMBER_UNKNOWN, "too few", code_pb2.FAILED_PRECONDITION, metadata)
    failure = failure_of(failed_call(code_pb2.FAILED_PRECONDITION, "", refusal))
    assert failure.text.endswith(": too few (1,200 can be spent, 100 at least)")


def test_a_refusal_is_told_with_its_service_its_reason_and_its_words(capsys):
    assert told(refused(), capsys) == (
        1,
        "carat: tier refuses (MEMBER_UNKNOWN): no member nobody",
    )


def test_the_reason_of_a_refusal_can_be_asked_for():
    assert failure_of(refused()).reason == "MEMBER_UNKNOWN"


def test_every_field_at_fault_is_named():
    error = refused(mistakes=[FieldMistake("policy.name", "REQUIRED", "say it"), FieldMistake("x", "Y", "z")])
    assert [(found.field, found.reason) for found in violations_of(error)] == [
        ("policy.name", "REQUIRED"),
        ("x", "Y"),
    ]
    assert violations_of(refused()) == []


def test_who_finds_nobody_is_told_where_and_may_try_again(capsys):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        code, line = told(error_of_call(port), capsys)
    assert code == ExitCode.UNAVAILABLE
    assert f"nobody answers at 127.0.0.1:{port}: start it with `carat up`" in line


def test_a_service_without_its_database_may_be_tried_again(capsys):
    error = failed_call(code_pb2.UNAVAILABLE, "the database is not available; try again")
    words = "carat: a service is not available: the database is not available; try again"
    assert told(error, capsys) == (ExitCode.UNAVAILABLE, words)


def test_an_answer_that_comes_too_late_may_be_asked_for_again(capsys):
    code, line = told(failed_call(code_pb2.DEADLINE_EXCEEDED, ""), capsys)
    assert code == ExitCode.UNAVAILABLE
    assert "no answer in time" in line


def test_a_fault_of_a_service_is_told_apart_from_a_refusal(capsys):
    code, line = told(failed_call(code_pb2.INTERNAL, "the server's log tells why"), capsys)
    assert (code, line) == (ExitCode.FAULTY, "carat: INTERNAL: the server's log tells why")


def test_ctrl_c_ends_with_the_code_of_an_interruption(capsys):
    assert told(KeyboardInterrupt(), capsys) == (130, "carat: interrupted")


def test_square_brackets_in_a_failure_are_shown_as_they_are(capsys):
    assert told(CommandFailed("systems[0] [bold]"), capsys)[1] == "carat: systems[0] [bold]"


def test_a_wrong_setting_is_told_before_anything_is_done(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CARAT_TIER_PROCESSES", "none")
    shown = CliRunner().invoke(app, ["config"])
    assert shown.exit_code == 1
    assert "CARAT_TIER_PROCESSES" in shown.stderr


def test_config_shows_every_setting_and_no_password(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CARAT_TIER_DATABASE_URL", "postgresql://carat:secret@127.0.0.1/tier")
    monkeypatch.setenv("COLUMNS", "200")
    shown = CliRunner().invoke(app, ["config"])
    assert shown.exit_code == 0
    assert "secret" not in shown.stdout
    assert re.search(r"CARAT_TIER_DATABASE_URL\s+postgresql\S+\s+environment", shown.stdout)
    assert re.search(r"CARAT_POINTS_PROCESSES\s+2\s+default", shown.stdout)
