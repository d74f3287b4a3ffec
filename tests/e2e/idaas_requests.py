#!/usr/bin/python3
"""The identity API as a Python program uses it that follows its document: requests, json=, raise_for_status(). Makes a
tenant and a user, and reads both back with the secret key. ORIGIN is in the place of http://localhost:8080."""
import json
import os

import requests

origin = os.environ["ORIGIN"]


def headers(key):
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


response = requests.post(origin + "/v1/tenants", json={"name": "我的应用"}, timeout=10)
response.raise_for_status()
tenant = response.json()
assert (response.status_code, tenant["name"]) == (201, "我的应用"), tenant["name"]

profile = {"name": "张三", "role": "user"}
response = requests.post(origin + "/v1/auth/register", headers=headers(tenant["public_key"]), timeout=10,
                         json={"email": "user@example.com", "password": "password123", "profile": profile})
response.raise_for_status()
user = response.json()
assert response.status_code == 201 and list(user) == ["id", "email", "profile", "created_at"], user
assert user["profile"] == profile and user["email"] == "user@example.com", user

response = requests.get(origin + "/v1/users", headers=headers(tenant["secret_key"]), timeout=10)
assert response.json() == {"users": [user]}, response.text
response = requests.get(origin + "/v1/users/" + user["id"], headers=headers(tenant["secret_key"]), timeout=10)
assert response.json() == user, response.text

shown = requests.get(origin + "/v1/tenants/" + tenant["id"], timeout=10).json()
assert list(shown) == ["id", "name", "api_secret_key_hash", "api_public_key", "created_at"], shown
assert shown["api_public_key"] == tenant["public_key"] and len(shown["api_secret_key_hash"]) == 64, shown

again = requests.post(origin + "/v1/auth/register", headers=headers(tenant["public_key"]), timeout=10,
                      json={"email": "USER@example.com", "password": "password123"})
try:
    again.raise_for_status()
    raise AssertionError("a taken email was taken again")
except requests.exceptions.RequestException as error:
    assert error.response.status_code == 409, error
print(json.dumps({"secret_key": tenant["secret_key"]}, separators=(",", ":")))
