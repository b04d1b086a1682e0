"""The console's pages for people, data, models and runs. What an action does is in the services."""

from . import bases, datasets, keys, runs, teams, users

__all__ = ["bases", "datasets", "keys", "runs", "teams", "users"]
