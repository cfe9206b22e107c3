"""The record of who did what, read from the journals that the hosts send to their vault."""
