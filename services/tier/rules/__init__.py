"""Pure decisions of the Tier service over whole columns: no storage, no clock, no messages."""
