"""The services that requests of a process share: storage, sessions, failed tries, event logs."""
