"""Tests of phiward_host.containers."""
