"""How fast the site is: pages, sockets, the web process."""
