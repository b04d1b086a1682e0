"""The training loop: steps, checks, checkpoints, resuming."""
