"""The list of runs: search, filters and order in the address, and the list as a table."""
