"""Tests of phiward_host.databases."""
