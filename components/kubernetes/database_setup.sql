-- Gives each application a database of its own and a role of the same name that owns it and reaches no other.
-- Run by the Job `database-setup` as the master user, which on Aurora is no superuser. Safe to run again.

\set ON_ERROR_STOP on
-- An error must not quote the statement: it may hold a password.
\set VERBOSITY terse

-- {"role and database": "password", ...}, from the environment: a command line is for all to read.
\getenv databases DATABASES

CREATE TEMPORARY TABLE wanted AS
SELECT key AS name, value AS password FROM json_each_text(:'databases');

SELECT format('CREATE ROLE %I LOGIN', name) FROM wanted
WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec

SELECT format('ALTER ROLE %I PASSWORD %L', name, password) FROM wanted \gexec

-- Else PostgreSQL 16 and later refuse the next statement: "must be able to SET ROLE".
SELECT format('GRANT %I TO CURRENT_USER', name) FROM wanted \gexec

-- The owner of a database owns its schema `public` too (PostgreSQL 15 and later).
SELECT format('CREATE DATABASE %I OWNER %I', name, name) FROM wanted
WHERE name NOT IN (SELECT datname FROM pg_database) \gexec

SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', name) FROM wanted \gexec
