"""What the requests of a process share: storage, token holders, failed tries, event logs."""
