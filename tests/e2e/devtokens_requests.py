#!/usr/bin/python3
"""The developer API as a Python program uses it that follows its document: requests and a Bearer header. ORIGIN is in the
place of the document's host, TOKEN in that of your_token_here."""
import os

import requests

TOKEN = os.environ["TOKEN"]
BASE_URL = os.environ["ORIGIN"]

headers = {
    "Authorization": f"Bearer {TOKEN}"
}

response = requests.get(f"{BASE_URL}/api/v1/users", headers=headers, timeout=10)
users = response.json()

print(f"Total users: {users['count']}")
for user in users['users']:
    print(f"  - {user['nickname']} ({user['user_id']})")
