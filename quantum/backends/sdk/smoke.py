"""By hand: one circuit, 100 shots, on the real chip, after a question. Costs what Origin charges.

WUKONG_API_KEY=… python -m quantum.backends.sdk.smoke --chip 72 --ledger smoke.sqlite3
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from quantum.backends.base import Batch
from quantum.backends.sdk.client import KEY_VARIABLE
from quantum.backends.wukong import WukongBackend
from quantum.circuits.circuit import Circuit, Operation
from quantum.jobs.runner import LedgerRunner
from quantum.jobs.sqlite_ledger import FileLedger
from quantum.sampling.costs import SOURCE


def main() -> None:
    """Ask, send once, wait, print. Started again with the same ledger it waits for the same job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chip", default="72")
    parser.add_argument("--url", default="")
    parser.add_argument("--ledger", default="wukong-smoke.sqlite3")
    given = parser.parse_args()
    key = os.environ.get(KEY_VARIABLE) or getpass.getpass("API key: ")
    backend = WukongBackend({"chip": given.chip, "url": given.url}, key)

    # X on qubit 0 shows the bit order, H and CX on 1 and 2 an entangled pair.
    gates = (
        Operation("x", (0,)),
        Operation("h", (1,)),
        Operation("cx", (1, 2)),
    )
    batch = Batch((Circuit(3, gates, name="smoke test"),), 100)
    print("Chips online:", backend.chips())
    chip = backend.calibration()
    print(f"{chip.chip}: {len(chip.qubits)} qubits, {len(chip.live_couplers)} live couplers.")
    print(backend.programs(batch.circuits, chip)[0])
    low, high = backend.estimate(batch).seconds
    print(f"About {low:.1f} to {high:.1f} s on the processor. {SOURCE}")
    if input("Send it? It may be billed. [y/N] ").strip().lower() != "y":
        sys.exit("Nothing was sent.")
    ledger = FileLedger(given.ledger)
    result = LedgerRunner(backend, ledger, "smoke", chip=given.chip, recover=True).run(batch)
    print("Expected about half 001, half 111:", dict(result.counts[0]))


if __name__ == "__main__":
    main()
