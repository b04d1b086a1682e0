"""What a person's message says: rules, and the scores of a trained head where the engine is there.

`units` says what a head has to look at, `read` puts its scores and the rules together. Knows no
model, no request, no database; without scores the rules answer alone.
"""

from chat.safety.detection.finding import Finding
from chat.safety.detection.reading import Scores, read
from chat.safety.detection.units import units

__all__ = ["Finding", "Scores", "read", "units"]
