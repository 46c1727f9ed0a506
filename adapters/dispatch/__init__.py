"""What wakes sync runs: in process, for one machine."""
