"""Signing in and out, passwords, and the people behind accounts."""
