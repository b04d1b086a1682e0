"""Talks that are never stored: the browser holds what was said and sends it along each time.

Nothing here writes a row, a file or a cache entry with words. The site's process has them in
memory while it writes one reply, and so has the engine, whose prefix cache keeps token ids and
numbers made of them until other talks push them out. Policy, safety log and notices apply as in
every talk; they keep levels and times, never words.
"""
