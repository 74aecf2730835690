#!/bin/sh
# Runs once, when the database is made. Whoever runs the night may make schemas and temporary tables in one database; readers
# may do nothing yet: each night grants them the published tables and no others.
set -eu
password=$(cat /run/secrets/database-password)
psql --set ON_ERROR_STOP=1 --set password="$password" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role sendlink login password :'password' nosuperuser nocreatedb nocreaterole connection limit 20;
create role sendlink_analyst nologin;
create role sendlink_reader nologin;
create database sendlink;
revoke all on database sendlink from public;
-- The schemas are its own; deliveries are staged in temporary tables.
grant connect, create, temporary on database sendlink to sendlink;
grant connect on database sendlink to sendlink_analyst, sendlink_reader;
-- No statement, no parameter and no row of a night in the server's log.
alter role sendlink set log_statement = 'none';
alter role sendlink set log_min_error_statement = 'panic';
alter role sendlink set log_error_verbosity = 'terse';
alter role sendlink set log_parameter_max_length = 0;
alter role sendlink set log_parameter_max_length_on_error = 0;
\connect sendlink
revoke all on schema public from public;
SQL
