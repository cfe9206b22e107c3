"""Alerts: failed jobs are reported to people."""
