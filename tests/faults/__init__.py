"""Kills at random under load; `make test-all` runs them."""
