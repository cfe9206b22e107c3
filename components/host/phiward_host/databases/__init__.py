"""Databases: who may use them."""
