"""Quantum clouds: keys, chips, jobs, the ledger, what sending costs."""
