"""Changing how a file is read, in a real browser: the first records follow the form."""

import pytest

from tests.live.browser import NARROW, PATIENCE_MS, WIDE
from tests.live.test_browser_pages import AUDIT

pytestmark = [pytest.mark.browser, pytest.mark.processes]

UPLOAD = """
from django.core.files.uploadedfile import SimpleUploadedFile
from finetune.models import Team, User
from finetune.datasets.services import dataset_upload

rows = [f"Title {n},Body of the question {n},Reply number {n}" for n in range(30)]
row = dataset_upload(
    team=Team.objects.get(name="Team of alice"), user=User.objects.get(username="alice"),
    file=SimpleUploadedFile("letters.csv", "\\n".join(["headline,body,reply", *rows]).encode()),
    name="Letters",
)
answer = row.public_id
"""
VIEWS = [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]


@pytest.fixture(scope="module")
def letters(studio):
    return studio.manage(UPLOAD)


@pytest.mark.parametrize(("viewport", "scheme"), VIEWS)
def test_the_first_records_follow_the_form(window, letters, viewport, scheme):
    with window("alice", viewport=viewport, color_scheme=scheme) as person:
        page = person.go(f"/data/{letters}/")
        page.get_by_role("heading", name="This file needs to know").wait_for(timeout=PATIENCE_MS)
        page.locator("#id_column_user").focus()
        page.keyboard.type("body")
        page.locator("#glimpse").get_by_text("Name this column too").wait_for()
        page.locator("#id_column_assistant").focus()
        page.keyboard.type("reply")
        shown = page.locator("#glimpse")
        shown.get_by_role("heading", name="The first 20 records").wait_for()
        assert shown.locator("article").count() == 3
        assert shown.get_by_text("Body of the question 0").count() == 1
        assert page.locator("[aria-live=polite] #glimpse").count() == 1
        page.locator("#id_column_user").select_option("headline")
        shown.get_by_text("Title 0", exact=True).wait_for()
        assert page.evaluate(AUDIT, viewport == NARROW) == []
        page.get_by_role("button", name="Show how it is read").click()
        shown.get_by_text("Title 0", exact=True).wait_for()
        assert person.path() == f"/data/{letters}/"
        person.watch.assert_quiet()


def test_without_script_a_button_shows_them_and_nothing_is_saved(window, letters, studio):
    with window("alice", java_script_enabled=False) as person:
        page = person.go(f"/data/{letters}/")
        page.locator("#id_column_user").select_option("body")
        page.locator("#id_column_assistant").select_option("reply")
        page.get_by_role("button", name="Show how it is read").click()
        assert page.locator("#glimpse article").count() == 3
        assert page.locator("#id_column_user").input_value() == "body"
    look = "from finetune.models import Dataset\nanswer = Dataset.objects.get(public_id=%r).options"
    assert not studio.manage(look % letters).get("mapping")
