"""Learning from pairs of replies (direct preference optimisation), on the loop of every run."""
