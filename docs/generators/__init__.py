"""One module per generated page of docs/reference; each has a `page` that returns its Markdown."""
