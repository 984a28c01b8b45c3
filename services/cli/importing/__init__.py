"""Files of members and purchases, sent through the gRPC contract: streamed, in order, repeatable."""
