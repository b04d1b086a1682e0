"""Letting an assistant out of its team: probes that got no worse, and a reviewer's signature."""
