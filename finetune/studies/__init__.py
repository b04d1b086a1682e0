"""Studies: arms, learning rates and seeds as queued runs, and what came of them."""
