"""Values into text: diagnostics, plans, graphs. Nothing here prints."""
