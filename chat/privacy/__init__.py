"""What a person decides about the chat's record of them: how long, a copy, an end."""
