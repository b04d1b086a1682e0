"""What the studio has beyond OpenAI's protocol: plans, backends, quantum jobs, tasks, usage."""
