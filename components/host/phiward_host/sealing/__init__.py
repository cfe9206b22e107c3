"""The journal is sealed (Forward Secure Sealing of systemd-journald): what was written cannot be changed unnoticed."""
