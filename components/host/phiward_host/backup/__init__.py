"""Backups: runs, repositories, databases, files, restores."""
