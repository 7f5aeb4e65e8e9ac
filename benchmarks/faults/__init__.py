"""Faults made by real means, and what callers of the service see of each."""
