"""`python -m chat.engine --assistants DIR`: starts the inference server."""

import logging
import os
import sys
from pathlib import Path

from chat.engine.options import options_from
from finetune.outside.log_lines import SETTING, formatter
from quantum.processor import usable_cores
from quantum.threads import wait_passively


def main() -> None:
    wait_passively()
    import torch
    import uvicorn
    from transformers.utils import logging as transformers_logging

    from chat.engine.server import engine_app

    options = options_from()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(os.environ.get(SETTING, "text")))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(options.threads or min(torch.get_num_threads(), usable_cores()))
    if options.socket:
        Path(options.socket).unlink(missing_ok=True)
    uvicorn.run(
        engine_app(options),
        host=options.host,
        port=options.port,
        uds=options.socket,
        access_log=False,
        log_config=None,
        # Open streams end with an error event instead of holding up a restart.
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
