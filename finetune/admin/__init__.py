"""The console's pages for people, data, models, runs and quantum hardware.

What an action does is in the services.
"""

from . import bases, datasets, experiments, keys, quantum, runs, teams, users

__all__ = ["bases", "datasets", "experiments", "keys", "quantum", "runs", "teams", "users"]
