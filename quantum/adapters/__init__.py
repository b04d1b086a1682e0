"""Adapters: what is trained beside the frozen language model.

``registry`` (torch-free) describes every adapter for forms, counts and docs; ``qtha`` holds the
quantum one as a PEFT tuner. They know nothing about the site, data sets or the training loop.
"""
