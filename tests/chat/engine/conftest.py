from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.chat.engine import tiny


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tiny.World:
    """A base, a LoRA, an IA3 and a QTHA adapter, and assistants for them; no process."""
    world = tiny.World(tmp_path_factory.mktemp("engine"))
    world.assistants.mkdir()
    tiny.save_base(world.base)
    world.publish("base")
    configs = {"lora": tiny.lora(), "ia3": tiny.ia3(), "qtha": tiny.qtha()}
    for name, config in configs.items():
        tiny.save_adapter(world.folder / name, world.base, config)
        world.publish(name, world.folder / name)
    return world


@pytest.fixture(scope="session")
def world(files: tiny.World) -> Iterator[tiny.World]:
    key_file = files.folder / "keys"
    key_file.write_text(f"another-key\n{tiny.KEY}\n")
    options = ["--key-file", str(key_file), "--queue", "4", "--context", "2048"]
    with tiny.engine(files, *options, "--max-body", "50000") as running:
        yield running


@pytest.fixture
def client(world: tiny.World) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{world.url}/v1", api_key=tiny.KEY, max_retries=0, timeout=30)


@pytest.fixture
def assistants(files: tiny.World) -> Path:
    return files.assistants
