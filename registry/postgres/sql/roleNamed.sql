-- roleNamed returns whether there is a role $1, and where we are.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), current_database(), current_schema();
