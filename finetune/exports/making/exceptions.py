"""Why an export cannot be made, in words for the person who asked for it."""

from finetune.training.log.sentences import Sentence, joined


class ExportFailed(Exception):
    """What is wrong, where, and what to do; pages say it in their language."""

    @property
    def words(self) -> Sentence:
        """What it was raised with."""
        return joined(self.args[0])
