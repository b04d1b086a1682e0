"""`/mcp`: the studio's services as tools of the Model Context Protocol.

Each request is answered by itself, so that any of several web processes may answer the next one.
Keys, teams and limits are the API's.
"""
