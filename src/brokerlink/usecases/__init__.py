"""One deed a file: a frozen dataclass of ports with __call__. No technology in here."""
