"""Inference server that speaks the OpenAI protocol; knows nothing about Django or the database."""
