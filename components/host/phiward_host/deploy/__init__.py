"""The login of deploys: what may be run by it, and the record of who ran it."""
