"""What a trainer takes while it works: processor time, memory, energy."""
