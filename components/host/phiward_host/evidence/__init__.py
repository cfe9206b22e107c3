"""Evidence of a host that may be somebody else's by now: read, chained, encrypted, sent off; nothing is left there."""
