"""Messages to a real receiver: signed, bounded in time, tried again, and nothing leads inside."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from finetune.alerts import delivering, webhooks
from finetune.alerts.backoff import TRIES, WAITS
from finetune.alerts.delivering import alert_deliver, deliveries_recheck
from finetune.alerts.kinds import ALL
from finetune.alerts.models import Alert, Delivery, Webhook
from finetune.alerts.outcomes import problem_words
from finetune.alerts.services import delivery_again, webhook_create, webhook_test
from finetune.exceptions import StudioError
from finetune.runs.models import Run
from finetune.runs.worker.conclusions import run_fail

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(hooked, run_made) -> Delivery:
    """A failed run's delivery."""
    Run.objects.filter(pk=run_made.pk).update(state="running", lease_owner="w")
    run_fail(run_made.pk, "w", {"code": "data", "message": "m"})
    return Delivery.objects.get()


def due_again(delivery: Delivery) -> Delivery:
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
    alert_deliver(delivery.pk)
    delivery.refresh_from_db()
    return delivery


def test_the_specifications_own_library_accepts_it(waiting, hooked, receiver, run_made):
    _, secret = hooked
    alert_deliver(waiting.pk)
    [(path, headers, body)] = receiver.came
    assert path == "/hook?token=1"
    message = Verifier(secret).verify(body, headers)
    assert message["type"] == "run.failed"
    assert message["data"]["id"] == run_made.public_id
    assert message["data"]["error"] == {"code": "data"}
    assert headers["webhook-id"] == waiting.public_id
    assert headers["content-type"] == "application/json"
    assert headers["host"] == receiver.url.removeprefix("http://")
    sent = datetime.fromisoformat(message["timestamp"])
    assert abs(sent - datetime.now(tz=UTC)) < timedelta(minutes=1)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(body.replace(b"failed", b"passed"), headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(webhooks.secret_new()).verify(body, headers)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.tries) == ("done", 1)
    assert waiting.log[0]["status"] == 204


def test_the_secret_is_in_no_row_and_no_dump(hooked, tmp_path, caplog):
    hook, secret = hooked
    row = Webhook.objects.filter(pk=hook.pk).values().get()
    assert secret not in str(row)
    call_command("dumpdata", "finetune", output=str(tmp_path / "dump.json"), verbosity=0)
    assert secret not in (tmp_path / "dump.json").read_text()
    assert secret not in caplog.text


def test_it_is_tried_again_with_the_same_id_and_bytes(waiting, hooked, receiver):
    receiver.answers = [500, 503, 200]
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.tries) == ("waiting", 1)
    pause = (waiting.due_at - timezone.now()).total_seconds()
    assert WAITS[0] - 2 < pause <= WAITS[0] * 1.1
    alert_deliver(waiting.pk)  # not due yet
    assert len(receiver.came) == 1
    due_again(waiting)
    pause = (waiting.due_at - timezone.now()).total_seconds()
    assert WAITS[1] - 2 < pause <= WAITS[1] * 1.1
    assert due_again(waiting).state == "done"
    assert len({headers["webhook-id"] for _, headers, _ in receiver.came}) == 1
    assert len({body for _, _, body in receiver.came}) == 1
    assert [entry["status"] for entry in waiting.log] == [500, 503, 200]
    for _, headers, body in receiver.came:
        Verifier(hooked[1]).verify(body, headers)


def test_it_is_given_up_and_a_person_can_try_once_more(waiting, receiver):
    receiver.answers = [500]
    for _ in range(TRIES):
        due_again(waiting)
    assert (waiting.state, waiting.tries) == ("failed", TRIES)
    due_again(waiting)
    assert waiting.tries == TRIES
    delivery_again(delivery=waiting)
    receiver.answers = [200]
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.tries) == ("done", TRIES + 1)
    with pytest.raises(StudioError, match="given up"):
        delivery_again(delivery=waiting)


def test_a_redirect_is_not_followed(waiting, receiver):
    receiver.answers, receiver.location = [307], f"{receiver.url}/elsewhere"
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert [path for path, _, _ in receiver.came] == ["/hook?token=1"]
    assert "redirect" in problem_words(waiting.log[0])


def test_gone_turns_the_webhook_off(waiting, hooked, receiver):
    receiver.answers = [410]
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    hooked[0].refresh_from_db()
    assert (waiting.state, hooked[0].on) == ("failed", False)
    assert hooked[0].gone_at is not None


def test_a_receiver_that_answers_drop_by_drop_has_its_time(waiting, receiver, monkeypatch):
    monkeypatch.setattr(webhooks, "SECONDS", 0.6)
    receiver.drip = 5.0
    begun = time.monotonic()
    alert_deliver(waiting.pk)
    assert time.monotonic() - begun < 3
    waiting.refresh_from_db()
    assert waiting.log[0]["problem"] == "timeout"


def test_nobody_there(waiting, hooked):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    Webhook.objects.update(url=f"http://127.0.0.1:{port}/")
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.log[0]["problem"]) == ("waiting", "unreachable")
    Webhook.objects.update(url="http://nobody.invalid/")
    assert due_again(waiting).log[1]["problem"] == "unknown_host"


def test_a_name_that_leads_inside_by_now_is_not_connected_to(waiting, receiver, settings):
    """It may have led elsewhere when the webhook was made."""
    settings.WEBHOOK_PRIVATE_URLS = False
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert receiver.came == []
    assert waiting.log[0]["problem"] == "private"


def test_the_address_that_was_judged_is_the_one_connected_to(waiting, receiver, monkeypatch):
    """A name that is looked up twice could lead to another place the second time."""
    asked = []
    real = socket.getaddrinfo

    def looked_up(host: Any, *given: Any, **more: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if host == "hook.example" else host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    port = receiver.url.rpartition(":")[2]
    Webhook.objects.update(url=f"http://hook.example:{port}/x")
    alert_deliver(waiting.pk)
    assert [host for host in asked if host == "hook.example"] == ["hook.example"]
    [(_, headers, _)] = receiver.came
    assert headers["host"] == f"hook.example:{port}"


def test_the_name_is_looked_up_as_it_is_written(waiting, monkeypatch):
    """Read as “straße” and written back by Python's older rules it would be strasse.example."""
    asked = []

    def looked_up(host: Any, *_: Any, **__: Any) -> Any:
        asked.append(host)
        raise OSError("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    Webhook.objects.update(url="http://xn--strae-oqa.example/")
    alert_deliver(waiting.pk)
    assert asked == ["xn--strae-oqa.example"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org", "example.org", "https://", "https://a:b@example.org/", "http://[::1]/",
        "https://example.org/#part", "http://127.0.0.1:8000", "http://localhost/", "http://10.0.0.1",
        "http://169.254.169.254/latest", "http://2130706433", "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::10.0.0.1]/", "http://[64:ff9b:1::10.0.0.1]/", "http://[fec0::1]/",
        "http://[::ffff:0:10.0.0.1]/", "http://[2002:a00:1::]/",
        "https://example.org:99999999/", "https://example.org/a b",
        "https://93.184.216.34/" + "x" * 500,
    ],
)  # fmt: skip
def test_addresses_that_are_refused(team, alice, url):
    with pytest.raises(StudioError) as caught:
        webhook_create(team=team, user=alice, name="bad", url=url, kinds=ALL)
    assert caught.value.field == "url"
    assert not Webhook.objects.exists()


def test_kinds_members_and_number_are_checked(team, alice, charlie):
    make = {"team": team, "user": alice, "name": "n", "url": "https://93.184.216.34/"}
    with pytest.raises(StudioError, match="run.failed"):
        webhook_create(**make, kinds=["run.flew"])
    with pytest.raises(StudioError, match="at least one"):
        webhook_create(**make, kinds=[])
    with pytest.raises(StudioError, match="member"):
        webhook_create(**{**make, "user": charlie}, kinds=ALL)
    for _ in range(10):
        webhook_create(**make, kinds=ALL)
    with pytest.raises(StudioError, match="10 webhooks"):
        webhook_create(**make, kinds=ALL)


def test_a_killed_workers_claim_is_taken_up_again(waiting, receiver, monkeypatch):
    """The worker dies in the middle of a try: the row says so, and the next look finds it."""

    def killed(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(delivering, "webhook_send", killed)
        with pytest.raises(SystemExit):
            alert_deliver(waiting.pk)
    alert_deliver(waiting.pk)  # claimed: nobody else sends it meanwhile
    deliveries_recheck()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.tries, receiver.came) == ("sending", 0, [])
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    deliveries_recheck()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.log[0]["problem"]) == ("waiting", "lost")
    assert due_again(waiting).state == "done"
    assert Delivery.objects.count() == Alert.objects.count() == 1


def test_a_worker_that_comes_back_late_changes_nothing(waiting, receiver, monkeypatch):
    def late(*given: Any) -> Any:
        Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        deliveries_recheck()
        return webhooks.webhook_send(*given)

    monkeypatch.setattr(delivering, "webhook_send", late)
    alert_deliver(waiting.pk)
    waiting.refresh_from_db()
    assert [entry["problem"] for entry in waiting.log] == ["lost"]
    assert waiting.state == "waiting"


def test_due_rows_without_messages_are_sent_again(
    waiting, monkeypatch, django_capture_on_commit_callbacks
):
    sent: list[Any] = []
    monkeypatch.setattr(
        "finetune.queue.current_app.send_task", lambda *given, **_: sent.append(given)
    )
    with django_capture_on_commit_callbacks(execute=True):
        deliveries_recheck()
    assert sent == [("finetune.tasks.alert_deliver", (waiting.pk,))]
    monkeypatch.setattr("finetune.queue.messages_waiting", lambda queue: 1)
    with django_capture_on_commit_callbacks(execute=True):
        deliveries_recheck()
    assert len(sent) == 1


def test_the_test_is_sent_once(hooked, receiver):
    receiver.answers = [500]
    made = webhook_test(hook=hooked[0])
    alert_deliver(made.pk)
    made.refresh_from_db()
    assert (made.state, made.tries) == ("failed", 1)
    [(_, headers, body)] = receiver.came
    assert Verifier(hooked[1]).verify(body, headers)["type"] == "test"
    assert json.loads(body)["data"]["url"].endswith("/alerts/")


def test_a_certificate_has_to_be_of_the_name(waiting, receiver, tmp_path, monkeypatch):
    """The connection goes to an address; the certificate is still held to the name."""
    server = TlsServer(tmp_path, "hook.example")
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo",
        lambda host, *given, **more: real(
            "127.0.0.1" if str(host).endswith(".example") else host, *given, **more
        ),
    )  # fmt: skip
    with server:
        Webhook.objects.update(url=f"https://hook.example:{server.port}/")
        assert "CERTIFICATE_VERIFY_FAILED" in due_again(waiting).log[0]["detail"]
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        assert due_again(waiting).state == "done"
        Delivery.objects.update(state="waiting")
        Webhook.objects.update(url=f"https://other.example:{server.port}/")
        assert "CERTIFICATE_VERIFY_FAILED" in due_again(waiting).log[2]["detail"]


class TlsServer:
    """Answers each connection with 204 under a certificate that it has signed itself."""

    def __init__(self, folder: Any, name: str) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.now(tz=UTC)
        made = (
            x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        self.certificate = folder / "certificate.pem"
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private = folder / "key.pem"
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, private)

    def __enter__(self) -> TlsServer:
        import threading

        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def serve(self) -> None:
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(raw, server_side=True) as connection:
                    self.receive(connection)
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except OSError:
                raw.close()

    @staticmethod
    def receive(connection: ssl.SSLSocket) -> None:
        """Take the whole request: what is left unread would reset the connection at its end."""
        came = b""
        while block := connection.recv(65536):
            came += block
            head, _, body = came.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            if length and len(body) >= int(length[1]):
                return

    def __exit__(self, *_: Any) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
