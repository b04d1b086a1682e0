"""What the statistics of a study refuse."""


class StatisticsError(ValueError):
    """Base of the errors here."""


class ScoresError(StatisticsError):
    """Scores that cannot be: not finite, not of one shape, a seed twice."""


class NotPairedError(StatisticsError):
    """Two arms that were not scored on the same dialogues."""


class NotEnoughError(StatisticsError):
    """Too few dialogues, or no seed that both arms have."""
