"""The aiohttp side: receiving, the admin API, probes."""
