#!/usr/bin/env bash
# The Coze token service as its document shows it with curl. The test puts its own host in the place of
# http://localhost:9000.
set -euo pipefail

curl -sS -X POST "http://localhost:9000/token" \
-H "Content-Type: application/json" \
-d '{
  "public_key": "'"$PUBLIC_KEY_ID"'",
  "coze_api_key": "'"$COZE_API_KEY_TO_SEND"'",
  "duration_seconds": 3600
}'
