"""What is true about accounts, holdings and syncs, and what we need from the world (ports).

Standard library only: no I/O, no clock, no randomness. Time and chance are passed in.
"""
