"""Inbound HTTP: what brokerages send to us by themselves."""
