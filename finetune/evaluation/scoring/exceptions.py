"""Errors of evaluations: each message says what is wrong, where, and what to do."""


class EvaluationError(Exception):
    """A model cannot be evaluated as asked."""
