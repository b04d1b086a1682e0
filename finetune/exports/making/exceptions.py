"""Why an export cannot be made, in words for the person who asked for it."""


class ExportFailed(Exception):
    """What is wrong, where, and what to do."""
