"""The noticeboard and the mail."""
