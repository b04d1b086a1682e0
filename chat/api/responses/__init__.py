"""`/v1/responses`: OpenAI's newer form of the same talk, over the same policy and gate."""
