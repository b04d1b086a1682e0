"""From records to dialogues: recognised, converted, checked, counted, split, and a report."""
