"""The vault: the forced command that hosts reach it by, and its own maintenance."""
