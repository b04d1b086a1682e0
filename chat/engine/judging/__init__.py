"""Judging texts in the engine's process: encoders, the heads' scores, and their route."""
