"""Fits the heads: own sentences by kind, a linear head each, thresholds, and the committed file.

    python -m chat.safety.fitting --language en --kind person

Nothing of the running site imports this package. It uses torch and the engine's encoders.
"""
