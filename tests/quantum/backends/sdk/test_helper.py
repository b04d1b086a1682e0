"""What the SDK's exceptions mean for a submission; the texts were seen with pyqpanda3 0.5.1."""

import pytest

from quantum.backends.sdk.helper import problem_of

HTTP = "QCloud HTTP request failed with status "


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("curl_easy_perform failed: Failed to connect to 127.0.0.1 port 1 after 0 ms", "not_sent"),
        ("curl_easy_perform failed: Could not resolve host: cloud", "not_sent"),
        ("curl_easy_perform failed: Empty reply from server", "lost"),
        ("curl_easy_perform failed: Timeout was reached", "lost"),
        (HTTP + "500: Couldn't connect to server", "lost"),
        (HTTP + "502: bad gateway", "lost"),
        (HTTP + "408: late", "lost"),
        (HTTP + "429: slowly", "not_sent"),
        (HTTP + "302: ", "lost"),
        (HTTP + "409: twice", "lost"),
        (HTTP + "401: no", "refused"),
        (HTTP + "404: no", "refused"),
        ("Invalid value.", "lost"),
        ("The document is empty.", "lost"),
        ("value is not object (which is 0)", "lost"),
        ("", "lost"),
        ("Invalid api key", "refused"),
        ("key expired", "refused"),
    ],
)
def test_problem(text, kind):
    assert problem_of(RuntimeError(text)).kind == kind
