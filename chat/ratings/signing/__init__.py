"""From shared ratings to a data set of pairs: an owner chooses, a reviewer reads and signs."""
