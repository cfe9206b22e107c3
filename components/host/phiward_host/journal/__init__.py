"""What hosts have on record: sent to the vault as it is written, kept, checked and watched there."""
