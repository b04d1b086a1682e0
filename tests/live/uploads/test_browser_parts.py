"""A large file from the page: the connection breaks in mid-upload, and what arrived is not sent
again; its check says how far it is and can be cancelled."""

import json
import re

import pytest

from finetune.datasets.parts.services import PAGE_PART
from tests.conftest import wait_until
from tests.live.browser import PATIENCE_MS, explained

pytestmark = [pytest.mark.browser, pytest.mark.processes]
BROKEN = re.compile("connection is broken")
STATE = """
from finetune.models import Dataset, Upload
row = Dataset.objects.order_by("-id").first()
upload = Upload.objects.order_by("-id").first()
answer = {
    "file": [row.state, row.bytes, row.sha256, sorted(one.name for one in row.folder.iterdir())],
    "upload": [upload.state, upload.folder.exists(), sorted(
        upload.parts.values_list("number", flat=True)
    )],
}
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A file of three parts."""
    path = tmp_path_factory.mktemp("large") / "large talks.jsonl"
    said = "I cannot sleep. " * 20
    with path.open("w") as handle:
        number = 0
        while handle.tell() < 2.4 * PAGE_PART:
            roles = (("user", f"{said}{number}"), ("assistant", f"That is hard, {number}."))
            messages = [{"role": role, "content": text} for role, text in roles]
            handle.write(json.dumps({"messages": messages}) + "\n")
            number += 1
    return path


def choose(person, path):
    page = person.go("/data/new/")
    page.set_input_files("input[type=file]", path)
    page.get_by_role("button", name="Upload and check").click()
    return page


def numbers_sent(page, asked):
    """Follow the numbers of the parts that a page sends."""

    def follow(request):
        if request.url.endswith("/part/"):
            found = re.search(rb'name="number"\r\n\r\n(\d+)', request.post_data_buffer or b"")
            asked.append(int(found[1]) if found else None)

    page.on("request", follow)


def test_a_web_process_that_is_killed_in_mid_upload(alice_window, studio, large):
    page = alice_window.page
    broken = []

    def second(route):
        """Kill the web process as the second part is about to leave."""
        if len(broken) == 1:
            for process in studio.processes("wukongsite.processes.web"):
                process.kill()
        broken.append(route.request.url)
        route.continue_()

    page.route("**/part/", second)
    choose(alice_window, large)
    with explained(page, "the upload did not go on"):
        page.get_by_text(BROKEN).wait_for()
        page.wait_for_url("**/data/file-*/", timeout=PATIENCE_MS)
    assert len(broken) > 3
    found = studio.manage(STATE)
    assert found["file"][1] == large.stat().st_size
    assert found["upload"] == ["completed", False, []]


def test_a_page_that_is_loaded_anew_sends_only_what_lacks(alice_window, studio, large):
    page = alice_window.page
    page.on("dialog", lambda dialog: dialog.accept())
    there = []

    def broken(route):
        if there:
            route.abort("connectionreset")
        else:
            there.append(1)
            route.continue_()

    page.route("**/part/", broken)
    choose(alice_window, large)
    page.get_by_text(BROKEN).wait_for()
    assert studio.manage(STATE)["upload"] == ["pending", True, [0]]
    page.unroute("**/part/")
    sent = []
    numbers_sent(page, sent)
    choose(alice_window, large)
    page.wait_for_url("**/data/file-*/", timeout=PATIENCE_MS)
    assert len(sent) == 2
    assert studio.manage(STATE)["file"][1] == large.stat().st_size


def test_stopping_takes_the_parts_away(alice_window, studio, large):
    page = alice_window.page
    page.route("**/part/", lambda route: route.abort("connectionreset"))
    choose(alice_window, large)
    page.get_by_text(BROKEN).wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Upload stopped. Nothing was kept.").wait_for()
    wait_until(lambda: studio.manage(STATE)["upload"][:2] == ["cancelled", False])


def test_a_check_is_cancelled_from_its_page(alice_window, studio, large):
    page = choose(alice_window, large)
    page.wait_for_url("**/data/file-*/", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Cancel the check").click()
    page.get_by_role("heading", name="The check was cancelled").wait_for()
    wait_until(lambda: studio.manage(STATE)["file"][3] == ["original"])
    page.get_by_role("button", name="Check again").click()
    page.get_by_role("link", name="Start a run with this").wait_for(timeout=PATIENCE_MS)
