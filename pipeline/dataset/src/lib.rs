//! The database: ops, vault, joint and open zones, on SQLite and PostgreSQL.
