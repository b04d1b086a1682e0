"""The whole site in one file, and back: database, data sets, runs, assistants, secrets."""
