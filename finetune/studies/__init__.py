"""Studies: the same training with several arms, so that one can see what a circuit adds."""
