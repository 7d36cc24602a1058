"""Following the event logs of schools, once for all who listen in a process."""
