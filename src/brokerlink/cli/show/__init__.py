"""How answers look to a person: tables, lines, plots. Nothing here calls a server."""
