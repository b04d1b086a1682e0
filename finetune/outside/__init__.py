"""What leaves the site: where an address leads, sealed secrets, what other processes are told."""
