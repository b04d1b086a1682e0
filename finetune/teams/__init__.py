"""People, teams, and who may see what."""
