#!/usr/bin/python3
"""An off-the-shelf OAuth client: finds the token endpoint by discovery (RFC 8414), gets a token with requests-oauthlib,
uses it. Reads ORIGIN, CA_FILE, CLIENT_ID and CLIENT_SECRET from the environment; the last line of its output is what the
API said with that token."""
import os

import requests
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

origin, ca_file = os.environ["ORIGIN"], os.environ["CA_FILE"]
client_id, client_secret = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]

metadata = requests.get(origin + "/.well-known/oauth-authorization-server", verify=ca_file, timeout=10).json()
assert metadata["issuer"] == origin, metadata["issuer"]
assert "client_credentials" in metadata["grant_types_supported"]

for in_the_body in (False, True):
    session = OAuth2Session(client=BackendApplicationClient(client_id=client_id))
    how = {"include_client_id": True, "client_secret": client_secret} if in_the_body else {
        "auth": HTTPBasicAuth(client_id, client_secret)}
    token = session.fetch_token(metadata["token_endpoint"], verify=ca_file, timeout=10, **how)
    assert token["token_type"] == "Bearer" and token["expires_in"] == 300, token["token_type"]
    answer = session.post(origin + "/v1/internal/services/check-permission", verify=ca_file, timeout=10,
                          json={"client_id": client_id, "scope_name": "user:read"})
    answer.raise_for_status()
    print(answer.text)
