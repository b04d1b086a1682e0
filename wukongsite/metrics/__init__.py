"""`/metrics` in Prometheus' text format: what this process counts, and what the site stands at.

Each web process listens on a port of its own and is a target of its own, so its counters need no
files that processes share. What comes from the database, from Valkey, from workers' signs and from
the engine is asked for at each scrape and is the same from every web process: take `max` of it.
"""
