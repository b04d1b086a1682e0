"""Runs as fine-tuning jobs of the REST endpoints."""
