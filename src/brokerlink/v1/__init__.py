"""The contract, generated from protos/brokerlink/v1 by `make protos`. Never edited."""
