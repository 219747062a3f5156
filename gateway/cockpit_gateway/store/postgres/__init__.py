"""The PostgreSQL engine: one database, any number of gateways."""
