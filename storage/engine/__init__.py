"""The database below the queries: connections, drivers, encryption, column types, schema, errors."""
