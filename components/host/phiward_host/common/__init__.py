"""What every program needs, once: running programs, files, locks, logs, errors, exit codes, Docker, decoding JSON."""
