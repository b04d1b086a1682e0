"""From bytes to records: kinds of files, lines, tables and JSON, each record with its line."""
