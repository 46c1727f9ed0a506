"""Statements in files, a dialect that brokerages share: OFX of both families, and a kit for CSV layouts."""
