"""What every program needs, once: running programs, files, locks, logs, errors, the command line, Docker, decoding JSON."""
