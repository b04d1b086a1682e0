"""Gradients of circuits: exact, by shifted circuits, or by random directions.

They know nothing about adapters, language models or particular backends.
"""
