"""The parts of `compare.py`; what each does not do is left to its neighbours."""
