"""Conversations: pages, sockets, what is kept, and the writing of replies."""
