"""Every page, wide and narrow, light and dark: quiet, within the site, readable, usable."""

# ruff: noqa: E501 (the scripts for the page read better unbroken)

import os
import re
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver

import chat.urls
import finetune.urls
from tests.conftest import wait_until
from tests.live.browser import NARROW, PATIENCE_MS, WIDE, last_reply, wait_state
from tests.live.conftest import SMOLLM2, TINY

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# Addresses that are not pages: they act on a POST, or send a file or a part of a page.
NOT_PAGES = {
    "handover-withdraw",
    "sign-out", "team-switch", "member-add", "member-role", "member-remove", "key-create",
    "audit-table", "key-replace", "key-revoke", "dataset-from-address", "dataset-fetch-stop", "dataset-fetch-again",
    "dataset-options", "dataset-preview", "dataset-problems", "dataset-delete", "run-summary",
    "dataset-version-new", "dataset-draft-end", "dataset-dialogue-change", "dataset-export",
    "upload-open", "upload-part", "upload-complete", "upload-cancel", "dataset-check-cancel",
    "dataset-sheet", "findings-start", "findings-cancel", "finding-change",
    "alerts-news", "alert-choice", "alert-mail-test", "webhook-create", "webhook-test", "webhook-switch",
    "webhook-delete", "delivery-again",
    "runs-table", "run-compare-table", "run-cancel", "run-pause", "run-resume", "run-requeue", "run-rerun", "run-priority", "run-list", "run-try", "run-trial", "run-code", "run-metrics", "run-log",
    "run-part", "evaluation-cancel", "evaluation-delete", "evaluation-result", "evaluation-votes-finish", "evaluation-votes-base", "export-delete", "export-download", "circuit-picture", "circuit-image", "conversation-new", "chat-country",
    "message-send", "reply-again", "reply-stop", "conversation-vote", "conversation-rename",
    "conversation-assistant", "conversation-delete", "conversation-restore", "conversation-pin", "conversation-copy", "conversation-place",
    "branch-edit", "branch-continue", "versions-delete",
    "quantum-key-create", "quantum-key-read", "quantum-key-delete", "quantum-job-cancel",
    "quantum-job-decide", "quantum-job-give-up", "quantum-job-file", "quantum-experiment-confirm",
    "quantum-experiment-skip", "quantum-experiment-delete", "quantum-experiment-image",
    "quantum-experiment-export", "invitation-accept", "invitation-decline", "invitation-withdraw",
    "run-datasets", "chat-assistants", "consent-withdraw", "visit-end", "chats-export",
    "chats-delete", "persona-chosen", "persona-retire", "persona-return", "reply-rate", "vote-share", "ratings-file", "sharing-stop", "team-ratings-file",
    "base-download", "base-stop", "base-discard",
    "study-summary", "study-stop", "study-resume", "study-table", "study-json", "study-report", "study-share",
    "study-unshare", "study-shared-report",
    "note-create", "note-share", "note-unshare", "note-delete",
}  # fmt: skip

# What is wrong with the page as it stands, as a list of sentences.
AUDIT = r"""
(narrow) => {
  const found = [];
  for (const one of document.getAnimations()) {
    try { one.finish(); } catch { /* it never ends */ }
  }
  const visible = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = (one) => {
    const id = one.id ? `#${one.id}` : one.classList.length ? `.${[...one.classList].join(".")}` : "";
    return `<${one.tagName.toLowerCase()}${id}> “${(one.innerText ?? one.textContent ?? "").trim().slice(0, 40)}”`;
  };
  if (!document.documentElement.lang) found.push("the page has no language");
  if (!document.title.trim()) found.push("the page has no title");
  const heads = [...document.querySelectorAll("h1")];
  if (heads.length !== 1) found.push(`${heads.length} h1: ${heads.map(name).join(", ")}`);
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length) found.push(`ids that stand twice: ${twice.join(", ")}`);
  for (const one of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const label = one.labels?.length || one.ariaLabel || one.getAttribute("aria-labelledby") || one.title;
    const button = ["submit", "button", "reset"].includes(one.type) && one.value;
    if (!label && !button) found.push(`no label: ${one.outerHTML.slice(0, 120)}`);
  }
  for (const one of document.querySelectorAll("a[href], button, summary")) {
    const words = one.textContent.trim() || one.ariaLabel || one.title || one.querySelector("img[alt]")?.alt;
    if (!words) found.push(`no name: ${one.outerHTML.slice(0, 120)}`);
  }
  for (const one of document.querySelectorAll("img:not([alt])")) found.push(`no alt: ${one.outerHTML}`);
  for (const one of document.querySelectorAll("[style]")) {
    if (one.outerHTML.includes("style=") && one.getAttribute("style") && !one.style.length) found.push(`style: ${one.outerHTML.slice(0, 120)}`);
  }
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll("body *")].filter((one) => visible(one) && one.getBoundingClientRect().right > root.clientWidth + 1);
    found.push(`scrolls sideways, ${root.scrollWidth} px in ${root.clientWidth}: ${wide.slice(0, 4).map(name).join(", ")}`);
  }
  if (narrow) {
    for (const one of document.querySelectorAll("button, .button, summary, select, .rail-link")) {
      if (!visible(one)) continue;
      const box = one.getBoundingClientRect();
      if (box.width && box.height && Math.min(box.width, box.height) < 24) found.push(`too small for a thumb (${box.width.toFixed()}×${box.height.toFixed()}): ${name(one)}`);
    }
  }

  // contrast of every text against what is painted behind it
  const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  function rgba(colour) {
    if (!known.has(colour)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  }
  const over = ([r, g, b, a], below) => [r, g, b].map((part, at) => part * a + below[at] * (1 - a));
  const light = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  function behind(one) {
    const layers = [];
    for (let at = one; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none" && !/^SELECT|INPUT$/.test(at.tagName)) return null;
      const colour = rgba(style.backgroundColor);
      if (colour[3]) layers.push(colour);
      if (colour[3] === 1) break;
    }
    let below = dark ? [18, 18, 18] : [255, 255, 255];
    for (const layer of layers.reverse()) below = over(layer, below);
    return below;
  }
  function fade(one) {
    let whole = 1;
    for (let at = one; at; at = at.parentElement) whole *= Number(getComputedStyle(at).opacity);
    return whole;
  }
  const told = new Set();
  function check(one, paint, words) {
    const style = getComputedStyle(one);
    if (one.closest(":disabled, [aria-disabled=true], canvas, picture")) return;
    const below = behind(one);
    if (!below) return;
    const [r, g, b, a] = rgba(paint);
    const ink = over([r, g, b, a * fade(one)], below);
    const [high, low] = [luminance(ink), luminance(below)].sort((x, y) => y - x);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.01) {
      const line = `contrast ${ratio.toFixed(2)} (${paint}): ${name(one)} ${words}`;
      if (!told.has(line)) { told.add(line); found.push(line); }
    }
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (!node.data.trim() || !one || /^(SCRIPT|STYLE|NOSCRIPT|OPTION|TITLE|TEMPLATE)$/.test(one.tagName)) continue;
    if (!visible(one) || one.closest(".visually-hidden, .skip")) continue;
    const style = getComputedStyle(one);
    check(one, one instanceof SVGElement ? style.fill : style.color, "");
  }
  for (const one of document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio], [type=range]), select, textarea")) {
    if (!visible(one)) continue;
    check(one, getComputedStyle(one).color, "(value)");
    if (one.placeholder) check(one, getComputedStyle(one, "::placeholder").color, "(placeholder)");
  }
  return found;
}
"""

UNFOLD = """
(open) => document.querySelectorAll("main details, #container details").forEach((one) => {
  one.open = open;
})
"""

# Swagger UI is dark by a class, which a script of ours keeps in step with the system.
SCHEME_TAKEN = """
(scheme) => document.documentElement.classList.contains("dark-mode") === (scheme === "dark")
"""

# How many stops the Tab key makes, and whether it stands at the last one.
STOPS = """
() => {
  const groups = new Set();
  const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter((one) => {
      if (one.tabIndex < 0 || one.disabled || one.type === "hidden") return false;
      if (!one.checkVisibility({ visibilityProperty: true })) return false;
      if (one.type !== "radio") return true;
      return !groups.has(one.name) && Boolean(groups.add(one.name));
    });
  return [stops.length, stops.at(-1) === document.activeElement];
}
"""
FOCUS = """
() => {
  const one = document.activeElement;
  if (!one || one === document.body) return "the focus is lost";
  const marked = (node) => {
    const style = getComputedStyle(node);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };
  const shown = marked(one) || marked(one.parentElement) || (one.closest("form") && marked(one.closest("form")))
    || (one.closest("[class]") && [one.closest(".composer"), one.closest(".choice")].some((node) => node && marked(node)));
  return shown ? "" : `no mark of the focus: ${one.outerHTML.slice(0, 160)}`;
}
"""


@pytest.fixture(scope="module")
def made(studio, window, training_file, rows):
    """Runs in three states, and a conversation and an experiment with all that there is."""

    def job(model, **changes):
        body = {"model": model, "training_file": training_file, "preset": "quick", "batch_size": 2,
                "sequence_length": 128, "eval_dialogues": 4, "sample_tokens": 24, **changes}  # fmt: skip
        with studio.client("alice") as client:
            answer = client.post("/fine_tuning/jobs", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    done = job(TINY, steps=20, eval_every=5, metadata={"browser": "pages"})
    failed = job("lost-llama", steps=5, metadata={"browser": "pages"})

    def replied(checkpoint, limit):
        body = {
            "kind": "replies",
            "fine_tuning_job_id": done,
            "checkpoint": checkpoint,
            "limit": limit,
            "tokens": 8,
        }
        with studio.client("alice") as client:
            one = client.post("/wukong/evaluations", json=body).json()["id"]
            wait_until(
                lambda: client.get(f"/wukong/evaluations/{one}").json()["status"] == "succeeded",
            )
        return one

    with window("alice") as person:
        page = person.go(f"/runs/{done}/")
        wait_state(page, "succeeded")
        page.wait_for_function(
            "() => document.querySelector('.run-circuit img')?.naturalWidth > 100",
            timeout=PATIENCE_MS,
        )
        person.go(f"/runs/{failed}/")
        wait_state(page, "failed")
        voted = [replied("best", 3), replied("base", 3)][0]
        alone = replied("best", 2)
        page = person.go("/chat/")
        page.select_option("[name=assistant]", SMOLLM2)
        page.select_option("[name=compare]", TINY)
        page.fill("#text", "Everything is too much and I want to hurt myself.")
        page.keyboard.press("Enter")
        page.wait_for_url("**/chat/*-*/")
        last_reply(page)
        conversation = person.path()
        page = person.go("/quantum/explorer/")
        page.click("#explorer button[type=submit]")
        page.wait_for_url("**/quantum/experiments/*/")
        experiment = person.path()
        page.wait_for_selector('.badge[data-state="done"]', timeout=PATIENCE_MS)
    running = job(TINY, steps=50_000, eval_every=50, metadata={"browser": "pages"})
    with window("alice") as person:
        page = person.go(f"/runs/{running}/")
        page.wait_for_function(
            "() => window.testCharts.loss.series[0].x.length > 5", timeout=PATIENCE_MS
        )
    yield {**rows, "voted": voted, "alone": alone, "done": done, "failed": failed, "running": running, "talk": conversation,
           "experiment": experiment}  # fmt: skip
    with studio.client("alice") as client:
        client.post(f"/fine_tuning/jobs/{running}/cancel")


# name: who looks, at which address (filled from `made`), and the names of addresses it stands for
PAGES = {
    "sign-in": (None, "/sign-in/", "sign-in"),
    "sign-in-link": (None, "{link}", "sign-in-link"),
    "home": ("alice", "/", "home"),
    "home-empty": ("charlie", "/", "home"),
    "data": ("alice", "/data/", "data"),
    "data-empty": ("charlie", "/data/", "data"),
    "dataset-upload": ("alice", "/data/new/", "dataset-upload"),
    "dataset": ("alice", "/data/{file}/", "dataset"),
    "dataset-lineage": ("alice", "/data/{file}/lineage/", "dataset-lineage"),
    "dataset-problems": ("alice", "/data/{problems}/", "dataset"),
    "dataset-fix": ("alice", "/data/{problems}/problems/0/", "dataset-problem"),
    "dataset-dialogues": ("alice", "/data/{file}/dialogues/", "dataset-dialogues"),
    "dataset-dialogue": ("alice", "/data/{file}/dialogues/1/", "dataset-dialogue"),
    "dataset-findings": ("alice", "/data/{problems}/findings/", "dataset-findings"),
    "dataset-finding": (
        "alice",
        "/data/{problems}/findings/near_duplicates/",
        "dataset-finding",
    ),
    "dataset-about": ("alice", "/data/{problems}/about/", "dataset-about"),
    "dataset-refused": ("alice", "/data/{refused}/", "dataset"),
    "runs": ("alice", "/runs/", "runs"),
    "runs-filtered": ("alice", "/runs/?q=none-like-it&since=never&sort=loss", "runs"),
    "run-compare": ("alice", "/runs/compare/?runs={done},{failed},{running}", "run-compare"),
    "run-compare-empty": ("charlie", "/runs/compare/", "run-compare"),
    "run-queue": ("alice", "/runs/queue/", "run-queue"),
    "run-queue-empty": ("charlie", "/runs/queue/", "run-queue"),
    "run-use": ("alice", "/runs/use/", "run-use"),
    "run-use-people": ("alice", "/runs/use/?by=person", "run-use"),
    "run-use-empty": ("charlie", "/runs/use/", "run-use"),
    "runs-empty": ("charlie", "/runs/", "runs"),
    "run-new": ("alice", "/runs/new/", "run-new"),
    "run-new-empty": ("charlie", "/runs/new/", "run-new"),
    "bases": ("alice", "/bases/", "bases"),
    "run-succeeded": ("alice", "/runs/{done}/", "run"),
    "run-evaluations": ("alice", "/runs/{done}/evaluations/", "run-evaluations"),
    "evaluation-votes": ("alice", "/runs/{done}/evaluations/{voted}/votes/", "evaluation-votes"),
    "evaluation-votes-waiting": (
        "alice",
        "/runs/{done}/evaluations/{alone}/votes/",
        "evaluation-votes",
    ),
    "studies": ("alice", "/studies/", "studies"),
    "studies-empty": ("charlie", "/studies/", "studies"),
    "study-new": ("alice", "/studies/new/?adapter=qgs", "study-new"),
    "study-of-a-run": ("alice", "/studies/new/?from={done}", "study-new"),
    "study-new-empty": ("charlie", "/studies/new/", "study-new"),
    "study": ("alice", "/studies/{study}/", "study"),
    "study-delete": ("alice", "/studies/{study}/delete/", "study-delete"),
    "study-stopped": ("alice", "/studies/{study_stopped}/?sort=test", "study"),
    "study-shared": (None, "{study_link}", "study-shared"),
    "run-exports": ("alice", "/runs/{done}/exports/", "run-exports"),
    "run-failed": ("alice", "/runs/{failed}/", "run"),
    "run-running": ("alice", "/runs/{running}/", "run"),
    "chat": ("alice", "/chat/", "chat"),
    "chat-consent": ("erin", "/chat/consent/", "chat-consent"),
    "chat-help": (None, "/chat/help/?country=DE", "chat-help"),
    "incognito": ("alice", "/chat/incognito/", "incognito"),
    "chat-find": ("alice", "/chat/find/", "chat-find"),
    "your-chats": ("alice", "/chat/yours/", "your-chats"),
    "deletion-receipt": ("alice", "/chat/yours/receipts/{receipt}/", "deletion-receipt"),
    "your-ratings": ("alice", "/chat/yours/ratings/", "your-ratings"),
    "team-ratings": ("alice", "/chat/team-ratings/", "team-ratings"),
    "pair-sets": ("alice", "/chat/team-ratings/sets/", "pair-sets"),
    "pair-set": ("alice", "/chat/team-ratings/sets/{pair_set}/", "pair-set"),
    "personas": ("alice", "/chat/personas/", "personas"),
    "personas-empty": ("charlie", "/chat/personas/", "personas"),
    "persona-new": ("charlie", "/chat/personas/new/?start=night", "persona-new"),
    "persona": ("alice", "/chat/personas/{persona}/", "persona"),
    "chat-persona": ("alice", "/chat/new/?assistant={persona_model}", "chat"),
    "notes": ("alice", "/chat/notes/", "notes"),
    "notes-empty": ("charlie", "/chat/notes/", "notes"),
    "note": ("alice", "/chat/notes/{note}/", "note"),
    "note-shared": (None, "{shared}", "note-shared"),
    "conversation": ("alice", "{talk}", "conversation"),
    "handover": ("alice", "{talk}person/", "handover"),
    "team": ("alice", "/team/", "team"),
    "audit": ("alice", "/team/audit/", "audit"),
    "audit-empty": ("alice", "/team/audit/?who=nobody", "audit"),
    "keys": ("alice", "/keys/", "keys"),
    "alerts": ("alice", "/alerts/", "alerts"),
    "password": ("alice", "/password/", "password"),
    "quantum": ("alice", "/quantum/", "quantum"),
    "quantum-empty": ("charlie", "/quantum/", "quantum"),
    "quantum-chips": ("charlie", "/quantum/chips/", "quantum-chips"),
    "quantum-chip": ("alice", "/quantum/chips/{chip}/", "quantum-chip"),
    "quantum-jobs": ("alice", "/quantum/jobs/", "quantum-jobs"),
    "quantum-jobs-empty": ("charlie", "/quantum/jobs/", "quantum-jobs"),
    "quantum-job": ("alice", "/quantum/jobs/{job_done}/", "quantum-job"),
    "quantum-job-unknown": ("alice", "/quantum/jobs/{job_unknown}/", "quantum-job"),
    "quantum-explorer": ("alice", "/quantum/explorer/", "quantum-explorer"),
    "quantum-explorer-empty": ("charlie", "/quantum/explorer/", "quantum-explorer"),
    "quantum-experiment": ("alice", "{experiment}", "quantum-experiment"),
    "quantum-experiment-confirm": ("alice", "/quantum/experiments/{ask}/", "quantum-experiment"),
    "quantum-experiment-failed": ("alice", "/quantum/experiments/{bad}/", "quantum-experiment"),
    "not-found": ("charlie", "/runs/{done}/", "run"),
    "admin": ("erin", "/admin/", "admin:index"),
    "admin-queue": ("erin", "/admin/queue/", "admin:queue"),
    "admin-use": ("erin", "/admin/use/", "admin:use"),
    "admin-runs": ("erin", "/admin/finetune/run/", "admin:finetune_run_changelist"),
    "api-docs": ("alice", "/v1/docs", "docs"),
}


def names_in(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_in(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


def test_every_page_is_in_the_audit():
    names = {*names_in(finetune.urls.urlpatterns), *names_in(chat.urls.urlpatterns)}
    covered = {name for _, _, name in PAGES.values()}
    assert names - NOT_PAGES - covered == set()
    assert set(PAGES) > QUICK
    assert not QUICK & set(NEED_RUNS)


def focus_problems(page):
    """Walk the page with the Tab key, from its first stop to its last."""
    page.evaluate("() => { document.querySelector('.skip, .skip-to-content-link')?.focus(); }")
    found = []
    before = "the start"
    for _ in range(70):
        count, at_last = page.evaluate(STOPS)
        if at_last or count < 2:
            break
        page.keyboard.press("Tab")
        problem = page.evaluate(FOCUS)
        if problem:
            found.append(f"{problem} (after {before})")
        before = page.evaluate("() => document.activeElement.outerHTML.slice(0, 120)")
    return found


# These need `made`, which takes a minute. They come first: then the lists of the others hold its runs.
NEED_RUNS = [
    name for name in PAGES if re.search("{(done|failed|running|talk|experiment)}", PAGES[name][1])
]
# One of each kind is looked at by `make test` as well.
QUICK = {
    "sign-in", "home", "data", "dataset", "dataset-upload", "runs-empty", "run-new", "chat", "team",
    "keys", "quantum", "quantum-chip", "quantum-jobs", "quantum-explorer", "admin", "api-docs",
    "chat-consent", "incognito", "your-chats", "note",
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow])
        for name in sorted(PAGES, key=lambda name: name not in NEED_RUNS)
    ],
)
def test_page(window, request, name):
    made = request.getfixturevalue("made" if name in NEED_RUNS else "rows")
    who, address, _ = PAGES[name]
    address = address.format(**made).removeprefix(made["link"].split("/sign-in")[0])
    problems = []
    with window(who) as person:
        for viewport in (WIDE, NARROW):
            person.page.set_viewport_size(viewport)
            person.page.emulate_media(color_scheme="light", reduced_motion="reduce")
            page = person.go(address)
            page.wait_for_load_state("load")
            if name == "run-running":
                page.wait_for_function("() => window.testCharts.loss.series[0].x.length > 5")
            if name == "api-docs":
                page.wait_for_selector(".opblock")  # Swagger UI has read the document
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.wait_for_timeout(60)
                if name == "api-docs":
                    page.wait_for_function(SCHEME_TAKEN, arg=scheme)
                where = f"{viewport['width']} {scheme}"
                picture(page, name, viewport["width"], scheme)
                for unfold in (True, False):
                    found = page.evaluate(AUDIT, viewport is NARROW)
                    problems += [f"{where}: {one}" for one in found]
                    page.evaluate(UNFOLD, unfold)
            if viewport is WIDE:
                problems += focus_problems(page)
            allowed = "404" if name == "not-found" else ""
            person.watch.assert_quiet(allowed)
    assert not problems, "\n".join(dict.fromkeys(problems))


def picture(page, name, width, scheme):
    """With `WUKONG_TEST_SHOTS` set, keep a picture of each page there, to look at."""
    folder = os.environ.get("WUKONG_TEST_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
