"""What a persona may not be: its name and its words are read before they are kept.

Text only, no Django and no model. What gets by these rules weakens nothing: every sentence of a
persona's replies passes the gate. They are there so that nobody is promised what is held back.
"""

from .reading import Claim, claim_in
from .rule import KINDS, REASONS

__all__ = ["KINDS", "REASONS", "Claim", "claim_in"]
