"""Recorded root shells of people: encrypted to the incident key on the host, and kept at the vault."""
