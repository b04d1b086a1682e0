"""What a run made, taken elsewhere: one archive with adapter, merged model, GGUF and evidence."""
