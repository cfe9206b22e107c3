"""Attacks and mistakes that no metric shows, noticed in the record at the vault as it arrives."""
