"""Rows of services' databases whose time is over: counted first, and ended once a person has approved the rule."""
