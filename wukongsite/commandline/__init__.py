"""`manage.py studio …`: data sets, runs and talks from the server's terminal.

A person who may run this can read the data folder anyway; `--user` and `--team` say whose work it
is. Everything goes through the services of the pages and the API, and `--json` prints the API's own
objects. Words are English, as in logs and on the console.
"""
