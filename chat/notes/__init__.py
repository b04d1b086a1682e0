"""Session notes: a person's own words, picked, edited and shared by themselves."""
