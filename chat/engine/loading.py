"""Models are loaded one at a time, whichever thread asks.

`from_pretrained` changes torch's defaults while it builds a model; two at once leave tensors
without values behind ("Cannot copy out of meta tensor"), and the model cannot be used any more.
"""

import threading

ONE_AT_A_TIME = threading.Lock()
