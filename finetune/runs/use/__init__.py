"""What runs have taken: kept in rows of their own, which stay when runs are deleted."""
