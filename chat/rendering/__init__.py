"""Replies as formatted text: markdown in, a small safe piece of HTML out."""
