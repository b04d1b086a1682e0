"""What studies say can be said in every language of the site; sentences: tests/wukongsite."""

from finetune.studies.design.arms import TITLES
from finetune.studies.design.table import BASE
from finetune.studies.design.tasks import TASKS
from finetune.studies.design.warnings import WARNINGS
from finetune.studies.models import StudyScore
from wukongsite import study_words


def test_every_text_is_marked_for_translation():
    assert set(study_words.WARNINGS) == set(WARNINGS.values())
    assert set(study_words.TASKS) == {
        words for task in TASKS.values() for words in (task.title, task.measured)
    }
    assert set(study_words.ARMS) == set(TITLES.values())


def test_the_base_has_the_key_that_the_table_looks_for():
    assert StudyScore.BASE == BASE
