"""What a worker does with a run: folder, trainer, log, end."""
