"""Forms of data sets that were published once, each with a record of its own."""
