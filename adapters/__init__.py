"""The world: brokerages, the database, the vault, logs. Each adapter keeps a promise of `domain.ports`."""
