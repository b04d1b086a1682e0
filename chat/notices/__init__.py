"""When a person is told again that the other side is an AI."""
