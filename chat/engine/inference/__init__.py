"""Replies token by token: assistants, keys and values, batches, sampling; knows nothing of HTTP."""
