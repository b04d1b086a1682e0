"""What studies say can be said in every language of the site."""

from finetune.studies.design.arms import TITLES
from finetune.studies.design.table import WARNINGS
from finetune.studies.statistics.sentence import SENTENCES
from wukongsite import study_words


def test_every_text_is_marked_for_translation():
    assert set(study_words.SENTENCES) == set(SENTENCES.values())
    assert set(study_words.WARNINGS) == set(WARNINGS.values())
    assert set(study_words.ARMS) == set(TITLES.values())
