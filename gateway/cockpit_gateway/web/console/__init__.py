"""The console: the gateway's pages for people, beside the admin API."""
