"""An encoder and an assistant that are loaded in two threads come out whole."""

import threading

from chat.engine.inference.assistants import AssistantStore
from chat.engine.judging import encoder
from chat.engine.loading import ONE_AT_A_TIME
from tests.chat.engine import tiny


def test_an_assistant_waits_while_an_encoder_is_loaded(files: tiny.World) -> None:
    store = AssistantStore(files.assistants, device="cpu", loaded=2, prefix_bytes=0)
    loaded = threading.Event()

    def load() -> None:
        store.load(store.card("base"))
        loaded.set()

    thread = threading.Thread(target=load)
    with ONE_AT_A_TIME:
        thread.start()
        assert not loaded.wait(0.5)
    thread.join(20)
    assert loaded.is_set()
    assert encoder.ONE_AT_A_TIME is ONE_AT_A_TIME
