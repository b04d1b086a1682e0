"""A file with bad lines is mended in the page, and one of its dialogues edited: three versions."""

import json

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.processes]
READY = '#dataset .byline [data-state="ready"]'


def line(number):
    return json.dumps(
        {
            "messages": [
                {"role": "user", "content": f"I cannot sleep, night {number}."},
                {"role": "assistant", "content": f"That sounds exhausting, all {number} of them."},
            ]
        }
    )


def test_from_a_bad_file_to_a_third_version(window, tmp_path):
    good = [line(number) for number in range(20)]
    bad = [line(30).replace('"}]}', '",}]}'), line(31).replace('"assistant"', '"asistant"')]
    path = tmp_path / "nights.jsonl"
    path.write_text("\n".join([*good, *bad, "{ lost"]) + "\n")
    with window("bob") as person:
        page = person.go("/data/new/")
        page.set_input_files("[name=file]", path)
        page.get_by_role("button", name="Upload and check").click()
        page.wait_for_url("**/data/file-*/")
        page.wait_for_selector(READY)

        # a fix is shown where it is asked for, then all are applied
        page.get_by_role("link", name="Show fix for line 22").click()
        page.wait_for_selector("#problems .difference")
        assert page.inner_text("#problems .difference del") == "asistant"
        assert page.inner_text("#problems .difference ins") == "assistant"
        first = person.path()
        page.get_by_role("button", name="Apply all 2 that can be fixed").click()
        page.wait_for_url(lambda url: "/data/file-" in url and not url.endswith(first))
        page.wait_for_selector(READY)
        second = person.path()
        page.wait_for_selector("#versions")
        assert "2 lines mended" in page.inner_text("#versions")
        assert page.locator("#problems").count() == 0

        # one dialogue is found, edited, and saved as a version
        page.get_by_role("link", name="Open all 22 dialogues").click()
        page.wait_for_url("**/dialogues/")
        page.fill("[name=q]", "NIGHT 30")
        page.keyboard.press("Enter")
        page.wait_for_url("**/dialogues/?*")
        assert page.locator("article.talk").count() == 1
        page.get_by_role("link", name="Edit line 21").click()
        page.wait_for_url("**/dialogues/21/?*")
        page.fill("#content-2", "Thirty nights. What keeps you awake?")
        page.get_by_role("button", name="Keep the change").click()
        page.wait_for_selector("#dialogue-21")
        assert "1 change, not yet a version" in page.inner_text(".draft")
        page.get_by_role("button", name="Save as a new version").click()
        page.wait_for_url(lambda url: "/data/file-" in url and "dialogues" not in url)
        page.wait_for_selector(READY)
        page.wait_for_selector("#versions")
        assert "1 dialogue edited" in page.inner_text("#versions")

        # the list has the newest one alone; the first is as it was
        third = person.path()
        page = person.go("/data/")
        assert page.locator(f'a[href="{third}"]').count() == 1
        assert page.locator(f'a[href="{first}"], a[href="{second}"]').count() == 0
        page = person.go(first)
        assert "There is a newer version" in page.inner_text("#dataset")
        assert page.locator("#problems tbody tr").count() == 3
