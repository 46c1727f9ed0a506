"""What we tell of ourselves: logs, and what may stand in them."""
