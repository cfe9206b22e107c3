"""The agent: carries out plans, and answers questions about the host."""
