"""The three services of Carat, their runtime and the command line."""

import os

# gRPC's fork handlers abort a few of the children that are forked beside its threads; none of ours calls gRPC
# before it becomes another program. Read when gRPC is first imported, and handed on to every process started.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
