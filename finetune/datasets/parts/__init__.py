"""Large files in parts that stay where a connection breaks: OpenAI's uploads, for API and pages."""
