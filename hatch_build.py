"""Compiles the protos: the build hook writes the gRPC stubs, `python hatch_build.py IMAGE` what buf lints."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import google.type.date_pb2
import grpc_tools
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PROTO_ROOT = Path("protos")


class StubsHook(BuildHookInterface[Any]):
    """Runs protoc before a wheel or an editable install is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Writes the stubs; a real wheel also carries the sample programs."""
        write_stubs(Path(self.root))
        if version == "standard":
            # A checkout reads deploy/programs itself; the copy in an editable install would go stale.
            build_data["force_include"]["deploy/programs"] = "services/cli/programs"


def write_stubs(root: Path) -> None:
    """Writes the stubs of every proto, beside it, and drops those whose proto is gone."""
    kinds = ("python", "pyi", "grpc_python", "mypy_grpc")
    run_protoc(root, *[f"--{kind}_out={PROTO_ROOT}" for kind in kinds])
    for stub in (root / PROTO_ROOT).rglob("*_pb2*.py*"):
        if not stub.with_name(stub.name.partition("_pb2")[0] + ".proto").exists():
            stub.unlink()


def write_image(root: Path, image: Path) -> None:
    """Writes one descriptor set of every proto, with its comments and imports."""
    run_protoc(root, "--include_imports", "--include_source_info", f"--descriptor_set_out={image.absolute()}")


def run_protoc(root: Path, *outputs: str) -> None:
    """Compiles every proto; google.protobuf comes with grpcio-tools, google.type with googleapis."""
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    googleapis = Path(google.type.date_pb2.__file__).parents[2]
    folders = [f"-I{folder}" for folder in (PROTO_ROOT, well_known, googleapis)]
    protos = sorted(path.relative_to(root).as_posix() for path in (root / PROTO_ROOT).rglob("*.proto"))
    # protoc seeks protoc-gen-mypy_grpc on PATH; it may stand beside a Python that is not on PATH.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", *folders, *outputs, *protos],
        cwd=root,
        env=os.environ | {"PATH": path},
        check=True,
    )


if __name__ == "__main__":
    write_image(Path(__file__).parent, Path(sys.argv[1]))
