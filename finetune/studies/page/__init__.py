"""A study's page: state, sentence, curves, table, differences; the same for who has a link."""
