#!/usr/bin/env bash
# The identity API by curl as its document writes it: spaces and line ends within the JSON, -X POST, a Basic header made
# with `echo | base64`. Prints one answer a line. The test puts its own host in the place of http://localhost:8080;
# CLIENT_ID and CLIENT_SECRET are a service's.
set -euo pipefail
json='Content-Type: application/json'
member() { sed -E "s/.*\"$1\": *\"([^\"]+)\".*/\1/"; }

curl -s "http://localhost:8080/health"
echo
tenant=$(curl -s -X POST "http://localhost:8080/v1/tenants" \
  -H "$json" \
  -d '{
    "name": "我的应用"
  }')
echo "$tenant"
public_key=$(member public_key <<<"$tenant")
curl -s -X POST "http://localhost:8080/v1/auth/register" \
  -H "$json" \
  -H "Authorization: Bearer $public_key" \
  -d '{
    "email": "user@example.com",
    "password": "password123",
    "profile": {
      "name": "张三",
      "role": "user"
    }
  }' | tr -d '\n'; echo
login=$(curl -s -X POST "http://localhost:8080/v1/auth/login" \
  -H "$json" \
  -H "Authorization: Bearer $public_key" \
  -d '{
    "email": "user@example.com",
    "password": "password123"
  }' | tr -d '\n')
echo "$login"
curl -s -X GET "http://localhost:8080/v1/users/me" \
  -H "Authorization: Bearer $(member token <<<"$login")" | tr -d '\n'; echo
curl -s -X POST "http://localhost:8080/oauth/token" \
  -H "Authorization: Basic $(echo -n "$CLIENT_ID:$CLIENT_SECRET" | base64)" \
  -H "Content-Type: application/x-www-form-urlencoded" \
  -d 'grant_type=client_credentials'; echo
curl -s -X POST "http://localhost:8080/v1/internal/services/authenticate" \
  -H "$json" \
  -d "{\"client_id\": \"$CLIENT_ID\", \"client_secret\": \"$CLIENT_SECRET\"}"; echo
