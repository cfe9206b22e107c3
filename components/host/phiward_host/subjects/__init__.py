"""What databases have of one person: shown to them, erased, and erased again after each restore."""
