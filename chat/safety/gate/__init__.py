"""May a sentence of a reply be shown: whole sentences of a stream, and what holds one.

Knows text only: no Django, no model. Scores of a head come from outside.
"""

from .judging import held, judged
from .rule import CLASSES
from .stream import SentenceStream, sentences

__all__ = ["CLASSES", "SentenceStream", "held", "judged", "sentences"]
