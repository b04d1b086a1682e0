"""Where a run's circuits run, how many there are, and how they travel."""
