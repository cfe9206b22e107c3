"""The vault's monitoring, as the deploy and the people on call speak to it."""
