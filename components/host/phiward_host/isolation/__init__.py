"""Isolating this host: nothing goes in or out but SSH of administrators and the way to the vault."""
