"""The SDK in a process of its own."""
