"""Which run starts next, when, and what a team may take."""
