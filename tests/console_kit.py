"""What tests of the console share: who may log in."""

from __future__ import annotations

SEE, DO, ALL = "a-token-that-sees", "a-token-that-does", "a-token-for-everything"

API = f"""
api:
  listen: 127.0.0.1:0
  clients:
    seer: {{token: {SEE}}}
    doer: {{token: {DO}, scope: operate}}
    owner: {{token: {ALL}, scope: admin}}
"""
