"""A copy of the record, sent to an owner's own collector: syslog (RFC 5424) over TLS (RFC 5425)."""
