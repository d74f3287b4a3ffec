// openid-client: finds the endpoints by discovery (RFC 8414), gets a token, uses it, asks about it, revokes it. Reads
// ORIGIN, CLIENT_ID and CLIENT_SECRET from the environment; the certificate is trusted by NODE_EXTRA_CA_CERTS.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto; // Node 18 has it in the module only
const client = await import('openid-client');
const { ORIGIN, CLIENT_ID, CLIENT_SECRET } = process.env;

const ways = [client.ClientSecretBasic, client.ClientSecretPost];
for (const way of ways) {
  const config = await client.discovery(new URL(ORIGIN), CLIENT_ID, undefined, way(CLIENT_SECRET), { algorithm: 'oauth2' });
  assert.equal(config.serverMetadata().issuer, ORIGIN);

  const token = await client.clientCredentialsGrant(config, { scope: 'user:read' });
  assert.equal(token.token_type, 'bearer');
  assert.equal(token.expires_in, 300);

  const api = new URL('/api/internal/users?tenant_id=tnt_default', ORIGIN);
  const answer = await client.fetchProtectedResource(config, token.access_token, api, 'GET');
  assert.equal(answer.status, 200);
  assert.ok(Array.isArray((await answer.json()).users));

  const before = await client.tokenIntrospection(config, token.access_token);
  assert.equal(before.active, true);
  assert.equal(before.client_id, CLIENT_ID);
  await client.tokenRevocation(config, token.access_token);
  assert.equal((await client.tokenIntrospection(config, token.access_token)).active, false);
}

const wrong = await client.discovery(new URL(ORIGIN), CLIENT_ID, undefined, client.ClientSecretBasic('wrong'), { algorithm: 'oauth2' });
await assert.rejects(client.clientCredentialsGrant(wrong), { code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 });
console.log(`openid-client: all is well on Node ${process.version}`);
