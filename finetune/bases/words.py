"""What is wrong with a download, and sizes, in the words of the page. Knows no more of either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from .models import BaseDownload


def gigabytes(size: float) -> str:
    """Bytes as people say them: 1.2 GB, 270 MB."""
    if size < 1e9:
        return _("%(size)s MB") % {"size": f"{size / 1e6:.0f}"}
    return _("%(size)s GB") % {"size": f"{size / 1e9:.1f}"}


def problem_words(download: BaseDownload) -> str:
    """Why a download has failed and what to do, by the name of what is wrong."""
    facts = {
        "hub": "", "page": "", "file": "", "status": "", "revision": download.revision[:12],
        "repository": download.repository, "problem": download.problem, **download.facts,
    }  # fmt: skip
    for size in ("needed", "free", "margin"):
        facts[size] = gigabytes(float(facts.get(size, 0)))
    words = {
        "offline": _(
            "%(hub)s cannot be reached from this machine, or the line broke. What came is kept. "
            "Look at the network, then go on; or bring the model as a folder."
        ),
        "gated": _(
            "The hub gives it only to accounts that have accepted its licence. Accept it at "
            "%(page)s; an operator then starts the studio with that account's token as HF_TOKEN, "
            "and goes on."
        ),
        "accept": _("The hub asks everybody to accept its licence first: read it, then accept."),
        "token": _(
            "The hub does not take the token in HF_TOKEN. An operator makes a new one there, "
            "starts the studio with it, and goes on."
        ),
        "not_found": _(
            "The hub has no model %(repository)s, or shows it only to accounts that may see it. "
            "Check the name, and HF_TOKEN."
        ),
        "revision": _(
            "The hub no longer has the revision that is pinned here (%(revision)s). To take the "
            "newest one instead, an operator deletes this download in the console and asks again."
        ),
        "changed": _(
            "The hub lists other files or hashes than before for the revision that is pinned here "
            "(%(revision)s). Nothing was taken. Ask whoever runs the hub."
        ),
        "hash": _(
            "%(file)s came with other bytes than the hub lists, and was thrown away. Try again; "
            "if it stays so, something between here and the hub changes files."
        ),
        "unhashed": _("The hub lists files without hashes, so nothing was taken."),
        "no_safetensors": _(
            "Its weights are not kept as safetensors. Other formats can run code, so they are "
            "never opened. Choose another model."
        ),
        "no_file": _("It has no %(file)s, without which it cannot be loaded. Choose another."),
        "disk": _(
            "It needs %(needed)s more on the disk, where %(free)s are free and %(margin)s have to "
            "stay so. Make room, then go on."
        ),
        "full": _("The disk is full. What came is kept. Make room, then go on."),
        "in_way": _(
            "Something else stands in the folder that it is to become. An operator moves it away; "
            "then go on."
        ),
        "folder": _("What came cannot be loaded here: %(problem)s"),
        "crashed": _(
            "The download ended without a result. What came is kept. Go on; if it stays so, an "
            "operator finds the reason in the console."
        ),
        "exists": _("A base of this name was added meanwhile. It stays as it is."),
        "hub": _("The hub answers with an error (%(status)s). What came is kept. Go on later."),
    }
    known = words.get(download.code)
    return known % facts if known else download.problem
