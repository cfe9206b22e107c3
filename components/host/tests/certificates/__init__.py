"""Tests of phiward_host.certificates."""
