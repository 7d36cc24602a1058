"""Following the event logs of schools, once for all subscribers of a process."""
