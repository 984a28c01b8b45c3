"""How fast it is, beside hand-written SQL on the same machine: `python -m tests.load`, or `carat bench`."""

import os

# Before anything imports gRPC, which warns of every child process that is started beside its threads.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
