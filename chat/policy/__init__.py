"""The policy: whose state is what, who writes the next reply, and the log of both."""
