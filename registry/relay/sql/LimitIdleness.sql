-- LimitIdleness makes the server end the session, and so free its lock, when nothing
-- is heard of it for $1 milliseconds: its machine may have vanished without a word.
SELECT set_config('idle_session_timeout', $1, false);
