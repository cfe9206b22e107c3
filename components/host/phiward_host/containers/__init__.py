"""Containers: images, and smoke tests of them."""
