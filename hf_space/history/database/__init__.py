"""The database of the history: connection, tables, migrations."""
