"""The official SDK pyqpanda3, kept in a process of its own.

The SDK holds Python's lock while it waits, keeps one key per process and hangs after a fork, so no
other process of ours imports it. ``client`` is our side, ``helper`` the spawned process.
"""
