"""The kernel's audit rules: loaded, and compared with what is declared."""
