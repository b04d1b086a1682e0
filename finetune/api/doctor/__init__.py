"""`/v1/wukong/datasets/{file_id}`: what the data doctor says of a data set, and what it can do.

`reports` reads, `changes` makes versions; `schemas` and `objects` have the shapes of both.
"""
