"""OpenAI's guide to supervised fine-tuning, put together: nothing here knows of this studio.

Address and key come from `OPENAI_BASE_URL` and `OPENAI_API_KEY`, as with every program of the
official client. Prints what a test looks at as one line of JSON.
"""

import json
import time

from openai import OpenAI

client = OpenAI()

file = client.files.create(file=open("mydata.jsonl", "rb"), purpose="fine-tune")  # noqa: SIM115

job = client.fine_tuning.jobs.create(
    training_file=file.id,
    model="gpt-4.1-nano-2025-04-14",
    suffix="my-experiment",
    seed=105,
    method={
        "type": "supervised",
        "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": "auto"}},
    },
    integrations=[
        {"type": "wandb", "wandb": {"project": "my-wandb-project", "tags": ["first-experiment"]}}
    ],
    metadata={"topic": "sleep"},
)
made = job.model_dump()

while job.status not in ("succeeded", "failed", "cancelled"):
    time.sleep(1)
    job = client.fine_tuning.jobs.retrieve(job.id)
    listed = client.fine_tuning.jobs.list(limit=10)

events = list(client.fine_tuning.jobs.list_events(fine_tuning_job_id=job.id, limit=10))
checkpoints = client.fine_tuning.jobs.checkpoints.list(job.id).data
result = client.files.content(job.result_files[0]).text if job.result_files else ""

completion = client.chat.completions.create(
    model=job.fine_tuned_model,
    messages=[
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Hello!"},
    ],
)
response = client.responses.create(model=job.fine_tuned_model, input="Hello!", store=False)
before = client.chat.completions.create(
    model="gpt-4.1-nano-2025-04-14", messages=[{"role": "user", "content": "Hello!"}]
)

print(
    json.dumps(
        {
            "made": made,
            "job": job.model_dump(),
            "listed": [one.id for one in listed.data],
            "events": [[one.level, one.message] for one in events],
            "checkpoints": [one.fine_tuned_model_checkpoint for one in checkpoints],
            "result": result,
            "completion": completion.model_dump(),
            "response": response.output_text,
            "before": before.model,
        }
    )
)
