"""A run's page: curves, log, values, and the feed that keeps it fresh."""
