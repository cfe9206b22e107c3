"""What can be measured of a host: gathered there each quarter of a minute, and brought to what watches at the vault."""
