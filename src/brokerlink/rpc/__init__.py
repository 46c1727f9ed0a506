"""Inbound gRPC: one module for each service, and what wraps them all."""
