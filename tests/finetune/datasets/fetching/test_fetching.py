"""Data from an address: allowed hosts alone, nothing inside, bounded, said on the page."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.urls import reverse

from finetune.datasets.checking import dataset_check
from finetune.datasets.fetching import carrying
from finetune.datasets.fetching.addresses import address_read
from finetune.datasets.fetching.models import DatasetFetch
from finetune.datasets.fetching.services import dataset_fetch, fetch_again, fetch_stop
from finetune.datasets.models import Dataset
from finetune.exceptions import UploadRefused
from tests.doubles.model_hub import Repository, model_hub
from tests.finetune.datasets.reading.containers.writing import jsonl, parquet

pytestmark = pytest.mark.django_db
RECORDS = [
    {
        "messages": [
            {"role": "user", "content": f"I cannot sleep, night {number}."},
            {"role": "assistant", "content": "Tell me more about it."},
        ]
    }
    for number in range(400)
]
LINES = jsonl(RECORDS)


@pytest.fixture(autouse=True)
def allowed(settings, tmp_path, monkeypatch):
    settings.DATASET_DIR = tmp_path / "datasets"
    settings.DATASET_DIR.mkdir()
    settings.DATA_URLS = "*"
    settings.DATA_PRIVATE_URLS = True
    monkeypatch.setattr("finetune.datasets.services.enqueue_check", lambda row: None)


@pytest.fixture
def server():
    """Pages by path: bytes, or (status, headers, bytes)."""
    pages, asked = {"/talks.jsonl": LINES}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            page = pages.get(self.path.partition("?")[0], (404, {}, b""))
            status, headers, body = (200, {}, page) if isinstance(page, bytes) else page
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    made.pages, made.asked = pages, asked
    made.url = f"http://127.0.0.1:{made.server_address[1]}"
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def fetched(team, alice):
    def fetch(address, **values):
        made = dataset_fetch(team=team, user=alice, address=address, **values)
        carrying.dataset_fetch(made.fetch.pk)
        made.refresh_from_db()
        made.fetch.refresh_from_db()
        return made

    return fetch


def nothing_is_left(settings):
    return not list(settings.DATASET_DIR.iterdir())


def test_a_file_is_fetched_and_checked(fetched, server, client, alice):
    row = fetched(f"{server.url}/talks.jsonl?key=secret", licence="CC0")
    assert (row.state, row.fetch.state, row.filename) == ("uploaded", "done", "talks.jsonl")
    assert (row.bytes, row.fetch.done) == (len(LINES), len(LINES))
    dataset_check(row.pk)
    row.refresh_from_db()
    assert row.state == row.State.READY
    client.force_login(alice)
    page = client.get(reverse("dataset", args=[row.public_id])).content.decode()
    assert f"{server.url}/talks.jsonl" in page
    assert "secret" not in page


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ((404, {}, b"no"), "status"),
        ((200, {"Content-Length": str(10**12)}, b""), "too_large"),
        ((200, {"Content-Length": str(len(LINES) + 1)}, LINES), "unreachable"),
        ((302, {"Location": "/talks.jsonl"}, b""), ""),
        ((302, {"Location": "ftp://example.org/a"}, b""), "redirect"),
        ((302, {"Location": "/a"}, b""), "redirect"),
        ((302, {}, b""), "redirect"),
        (b"%PDF-1.7\n", "wrong_type"),
        (b"", "empty"),
    ],
)
def test_what_a_server_may_answer(page, code, fetched, server, settings):
    server.pages["/a"] = page
    row = fetched(f"{server.url}/a")
    assert row.problem.get("code", "") == code
    if code:
        assert (row.state, row.fetch.state) == ("failed", "failed")
        assert row.problem["hint"]
        assert nothing_is_left(settings)


def test_the_size_is_bounded_while_it_comes(fetched, server, settings):
    server.pages["/a"] = (200, {"Content-Length": None}, b"x" * (2 * 2**20))
    settings.UPLOAD_MAX_MB = 1
    assert fetched(f"{server.url}/a").problem["code"] == "too_large"
    assert nothing_is_left(settings)


def test_nothing_inside_is_connected_to(fetched, server, settings):
    settings.DATA_PRIVATE_URLS = False
    assert fetched(f"{server.url}/talks.jsonl").problem["code"] == "private"
    assert fetched("http://169.254.169.254/latest/meta-data").problem["code"] == "private"
    assert fetched("http://[::ffff:127.0.0.1]/").problem["code"] == "private"
    assert fetched("http://2130706433/a").problem["code"] == "private"
    assert server.asked == []


def test_a_redirect_to_a_host_that_is_not_allowed_is_not_followed(fetched, server, settings):
    settings.DATA_URLS = "127.0.0.1"
    port = server.server_address[1]
    server.pages["/a"] = (302, {"Location": f"http://localhost:{port}/talks.jsonl"}, b"")
    row = fetched(f"{server.url}/a")
    assert row.problem["code"] == "host_not_allowed"
    assert "localhost" in row.problem["message"]
    assert [path for path, _ in server.asked] == ["/a"]


def test_a_redirect_inside_is_not_followed(fetched, server, settings, monkeypatch):
    """Each hop is judged: the first leads outside, as far as the judge can tell."""
    from finetune.outside import connections

    settings.DATA_PRIVATE_URLS = False
    monkeypatch.setattr(connections, "private", lambda address: address != "127.0.0.1")
    server.pages["/a"] = (302, {"Location": "http://[::1]/talks.jsonl"}, b"")
    assert fetched(f"{server.url}/a").problem["code"] == "private"


def test_the_address_that_was_judged_is_the_one_connected_to(fetched, server, monkeypatch):
    asked = []
    real = socket.getaddrinfo

    def looked_up(host, *given, **more):
        asked.append(host)
        return real("127.0.0.1" if host == "data.example" else host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    row = fetched(f"http://data.example:{server.server_address[1]}/talks.jsonl")
    assert row.state == "uploaded"
    assert asked.count("data.example") == 1
    assert server.asked[0][1]["host"] == f"data.example:{server.server_address[1]}"


@pytest.mark.parametrize(
    "address",
    [
        "", "talks.jsonl", "file:///etc/passwd", "ftp://example.org/a", "http://",
        "https://a:b@example.org/",
        "hf://datasets/only", "hf://datasets/a/b/../../c", "hf://models/a/b/c", "http://[::1",
        "x" * 3000,
        "https://huggingface.co/datasets/a/b",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UploadRefused) as refused:
        address_read(address)
    assert refused.value.field == "address"


def test_hosts_are_those_that_the_operator_names(settings):
    settings.DATA_URLS = "example.org, *.example.net"
    for address in ("https://example.org/a", "http://a.b.example.net/a", "https://EXAMPLE.org/a"):
        assert address_read(address).filename == "a"
    for address in ("https://example.org.evil.org/a", "https://example.net/a", "https://a.org/x"):
        with pytest.raises(UploadRefused, match="not among the hosts"):
            address_read(address)
    settings.DATA_URLS = ""
    with pytest.raises(UploadRefused, match="not allowed"):
        address_read("https://example.org/a")


def test_one_that_was_stopped_is_not_fetched_and_can_be_again(fetched, server, team, alice):
    row = dataset_fetch(team=team, user=alice, address=f"{server.url}/talks.jsonl")
    fetch_stop(row.fetch)
    carrying.dataset_fetch(row.fetch.pk)
    row.refresh_from_db()
    assert (row.state, row.problem["code"], server.asked) == ("failed", "stopped", [])
    fetch_again(row.fetch)
    carrying.dataset_fetch(row.fetch.pk)
    row.refresh_from_db()
    assert (row.state, row.problem) == ("uploaded", {})


def test_one_whose_worker_was_lost_is_sent_again(team, alice, server, monkeypatch):
    sent = []
    monkeypatch.setattr(carrying, "enqueue", lambda *given: sent.append(given))
    monkeypatch.setattr(carrying, "lacks_messages", lambda queue, rows: True)
    row = dataset_fetch(team=team, user=alice, address=f"{server.url}/talks.jsonl")
    carrying.fetches_recheck()
    assert sent == []
    DatasetFetch.objects.update(
        state="loading", updated_at=row.fetch.updated_at - 2 * carrying.LOST_AFTER
    )
    carrying.fetches_recheck()
    assert sent == [("dataset_fetch", row.fetch.pk)]


class TestHub:
    @pytest.fixture
    def hub(self, settings):
        with model_hub() as double:
            files = {"data/train.parquet": parquet(RECORDS), "small.jsonl": jsonl(RECORDS[:12])}
            double.models["datasets/Owner/Talks"] = Repository(files)
            settings.HUB_URL = double.url
            yield double

    @pytest.mark.parametrize(
        "address",
        [
            "hf://datasets/Owner/Talks/small.jsonl",
            "hf://datasets/Owner/Talks/data/train.parquet",
            "hf://datasets/Owner/Talks@main/small.jsonl",
            "{hub}/datasets/Owner/Talks/blob/main/small.jsonl",
            "{hub}/datasets/Owner/Talks/resolve/main/data/train.parquet",
        ],
    )
    def test_a_file_of_a_data_set(self, address, hub, fetched, monkeypatch):
        monkeypatch.setenv("HF_TOKEN", "hf_operator")
        row = fetched(address.format(hub=hub.url))
        assert (row.state, row.problem) == ("uploaded", {})
        assert row.fetch.revision == hub.models["datasets/Owner/Talks"].commit
        assert not any("Authorization" in headers for _, _, headers in hub.asked)
        dataset_check(row.pk)
        row.refresh_from_db()
        assert row.state == "ready"

    def test_what_the_hub_refuses(self, hub, fetched):
        found = fetched("hf://datasets/Owner/Other/small.jsonl")
        assert found.problem["code"] == "not_found"
        assert fetched("hf://datasets/Owner/Talks/none.jsonl").problem["code"] == "not_found"
        hub.corrupt.add("small.jsonl")
        assert fetched("hf://datasets/Owner/Talks/small.jsonl").problem["code"] == "hash"


class TestPages:
    def test_the_form_is_there_only_where_it_is_allowed(self, client, alice, team, settings):
        client.force_login(alice)
        assert "Or fetch from an address" in client.get(reverse("dataset-upload")).content.decode()
        settings.DATA_URLS = ""
        page = client.get(reverse("dataset-upload")).content.decode()
        assert "Or fetch from an address" not in page
        form = {"fetch-address": "https://example.org/a"}
        answer = client.post(reverse("dataset-from-address"), form)
        assert answer.status_code == 422
        assert not Dataset.objects.exists()

    def test_the_page_shows_how_far_it_is(self, client, alice, team, server):
        client.force_login(alice)
        form = {"fetch-address": f"{server.url}/talks.jsonl", "fetch-name": "Talks"}
        answer = client.post(reverse("dataset-from-address"), form)
        row = Dataset.objects.get()
        assert answer.url == reverse("dataset", args=[row.public_id])
        page = client.get(answer.url).content.decode()
        assert "Waiting for a worker to fetch it" in page
        DatasetFetch.objects.update(state="loading", done=512, total=1024)
        page = client.get(answer.url).content.decode()
        assert "Fetching the file" in page
        assert 'value="0.5"' in page
        assert client.get(reverse("data")).status_code == 200

    def test_stop_and_again(self, client, alice, team, server):
        row = dataset_fetch(team=team, user=alice, address=f"{server.url}/none")
        client.force_login(alice)
        client.post(reverse("dataset-fetch-stop", args=[row.public_id]))
        assert DatasetFetch.objects.get().stop_asked
        carrying.dataset_fetch(row.fetch.pk)
        page = client.get(reverse("dataset", args=[row.public_id])).content.decode()
        assert "Fetch it again" in page
        client.post(reverse("dataset-fetch-again", args=[row.public_id]))
        assert DatasetFetch.objects.get().state == "waiting"

    def test_by_the_api(self, client, alice, team, settings):
        from finetune.teams.keys.services import key_create

        _, token = key_create(team=team, user=alice, name="own")
        headers = {"Authorization": f"Bearer {token}"}
        body = {"address": "https://example.org/talks.jsonl", "name": "Talks"}

        def send():
            return client.post(
                "/v1/wukong/datasets",
                json.dumps(body),
                content_type="application/json",
                headers=headers,
            )

        answer = send()
        assert answer.status_code == 200, answer.content
        assert answer.json()["id"] == Dataset.objects.get().public_id
        assert answer.json()["status"] == "uploaded"
        settings.DATA_URLS = ""
        refused = send()
        assert refused.status_code == 400
        assert refused.json()["error"]["code"] == "not_allowed"
        assert refused.json()["error"]["param"] == "address"
