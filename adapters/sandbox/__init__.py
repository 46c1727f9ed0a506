"""What all brokerage sandboxes share: the seeded truth, the stage they play on, faults, a server."""
