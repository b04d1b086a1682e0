"""Data sets, runs, teams: what the studio keeps and does, except talking to the result (`chat`)."""
