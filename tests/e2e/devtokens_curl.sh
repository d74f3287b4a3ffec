#!/usr/bin/env bash
# The developer API as its document shows it with curl: a list of users, one of them, and a list of songs that somebody
# else's program answers. ORIGIN is in the place of the document's host, TOKEN in that of your_token_here.
set -euo pipefail
BASE_URL=$ORIGIN

curl -sS -H "Authorization: Bearer $TOKEN" "$BASE_URL/api/v1/users"
echo

USER_ID="U123456"
curl -sS -H "Authorization: Bearer $TOKEN" "$BASE_URL/api/v1/user/$USER_ID"
echo

curl -sS -H "Authorization: Bearer $TOKEN" "$BASE_URL/api/v1/songs?type=dx"
echo
