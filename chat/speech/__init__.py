"""How a reply leaves: sentence by sentence, each judged before anybody is sent a word of it.

`speak` is the one way from the engine to a person, for the page, the plain form, REST and
server-sent events; `samples` is the same gate for the replies that a trainer writes.
"""
