"""What people without sudo can write to, each with a limit, so that nobody fills the disk of the data."""
