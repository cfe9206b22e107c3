"""Tests of phiward_host.phi."""
