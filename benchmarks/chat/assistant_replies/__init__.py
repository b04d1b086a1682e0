"""What a base and its tuned assistant answer to sixty openings, counted and judged blind."""
