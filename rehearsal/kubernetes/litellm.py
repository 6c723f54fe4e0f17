"""LiteLLM's key management behind the service proxy, as LiteLLM 1.108.14 answers.

litellm/proxy/management_endpoints/key_management_endpoints.py
"""

from __future__ import annotations

from typing import Any

Answer = tuple[int, Any]


def answer(keys: dict[str, dict[str, Any]], action: str, body: dict[str, Any]) -> Answer:
    """Update, generate or delete; `keys` are settings by secret."""
    aliases = {settings["key_alias"]: key for key, settings in keys.items()}
    if action == "delete":
        doomed = {*body.get("keys", []), *(aliases.get(alias) for alias in body.get("key_aliases", []))} & set(keys)
        for key in doomed:
            del keys[key]
        return (200, {"deleted_keys": len(doomed)}) if doomed else (404, {"error": {"message": "No keys found"}})
    if action == "update" and body["key"] not in keys:
        return 404, {"error": {"message": "Key not found.", "code": "404"}}
    if aliases.get(body["key_alias"], body["key"]) != body["key"]:
        return 400, {"error": {"message": f"Key with alias '{body['key_alias']}' already exists."}}
    if action == "update" or body["key"] not in keys:  # generating a known secret changes nothing (litellm#20494)
        keys[body["key"]] = keys.get(body["key"], {}) | {name: value for name, value in body.items() if name != "key"}
    return 200, {"key_alias": body["key_alias"]}
