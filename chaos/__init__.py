"""Faults made on purpose, to prove that nothing that was acknowledged is lost. Run `python -m chaos`."""
