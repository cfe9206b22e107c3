"""The programs that run on a host as root: the agent, which carries out plans, and the jobs that plans leave behind.

Python's standard library only (3.11 or later; hosts have 3.13). The whole package is one zip on the host; the agent's
part of it travels with every request instead.
"""
