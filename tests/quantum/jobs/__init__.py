"""Jobs, ledgers and caps."""
