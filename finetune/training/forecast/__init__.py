"""What a run will take, told before it starts: a formula, held to what earlier runs took."""
