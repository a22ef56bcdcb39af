"""Gets pages: politely, each once, nothing lost."""
