"""People of the host: what is left of one who may no longer do what they did is ended."""
