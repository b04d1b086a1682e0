"""Jobs on hardware: what is remembered about them and how they move, so that none is sent twice.

Knows the backend interface and a ledger; nothing about any provider, adapters or the site.
"""
