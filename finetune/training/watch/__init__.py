"""A run that is left alone: when it ends early, what goes wrong with it, and what to change."""
