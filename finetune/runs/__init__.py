"""Fine-tuning runs: their rows, states, circuits and results."""
