"""Which dialogues are held out: by near-duplicates, and by persons."""
