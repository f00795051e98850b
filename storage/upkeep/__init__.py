"""Look after a database: back up, restore, rotate keys, inspect, remove demo loans."""
