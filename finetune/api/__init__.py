"""Fine-tuning over HTTP in OpenAI's protocol: files, jobs, models. Knows nothing of chat."""
