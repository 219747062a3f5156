"""Requests to the outside: where they may go, through what, and how they prove who they are."""
