"""The chat under `/v1`: assistants of a team in OpenAI's protocol."""
