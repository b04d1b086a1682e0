"""How long the further checks of a data set take, and how much memory."""
