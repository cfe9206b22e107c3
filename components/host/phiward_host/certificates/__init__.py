"""Certificates of the host's sites, which the host issues to itself."""
