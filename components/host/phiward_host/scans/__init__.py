"""Known vulnerabilities of this host's packages and of its images, each day; and the system's settings by lynis."""
