"""Training: one run folder in, a numbered event log and an adapter out.

    python -m finetune.training RUN_DIR

A library and a program of its own: it knows nothing of Django, teams, queues or pages.
`args` and `events` never import torch, so a web process may use them.
"""
