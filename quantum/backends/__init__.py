"""Backends: where a circuit runs. This version has the exact simulator only.

They know nothing about adapters, language models or the site.
"""
