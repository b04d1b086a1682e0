"""People who talk without an account, where the operator allows it."""
